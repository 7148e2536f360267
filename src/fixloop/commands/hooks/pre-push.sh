# The remote's branch of a protected name: what it would move from and to.
moves=$(cat)
if [ -x "$before" ]; then
	{ [ -z "$moves" ] || printf '%s\n' "$moves"; } | "$before" "$@" || exit $?
fi
[ -n "$moves" ] || exit 0
know_protected || exit 0
while read -r _ new ref old; do
	holds "$ref" "$protected" || continue
	case $old in "$zero" | "$new") continue ;; esac
	git cat-file -e "$old^{commit}" 2>/dev/null ||
		refuse "$ref is protected, and what stands at $1 is not known here" "git fetch $1, then push again"
	if [ "$new" = "$zero" ]; then
		git cat-file -e "$old:fixloop.yaml" 2>/dev/null || continue
		refuse "$ref is protected, and would be deleted at $1" "git push --no-verify, if that is meant"
	fi
	governed_files_differ "$old" "$new" || continue
	is_on_record "$old" "$new" && continue
	must_pass pre-push "$ref" "$old" "$new"
done <<MOVES
$moves
MOVES
exit 0
