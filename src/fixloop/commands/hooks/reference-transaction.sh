# gc and pack-refs take away the file of a ref that now stands in packed-refs; a deletion has that file locked.
is_packed() {
	packed="$(git rev-parse --git-common-dir)/packed-refs"
	! [ -e "$packed.lock" ] && grep -qx "$1 $2" "$packed" 2>/dev/null
}

# git renames a branch by deleting two and writing one that no hook sees; meanwhile the log of the one that is renamed
# lies aside. Away from a protected name: allowed. Onto it: judged, and $new says what it would get. No rename: refused.
is_renamed() {
	git cat-file -e "$old:fixloop.yaml" 2>/dev/null || return 1
	commit=$(tail -n 1 "$(git rev-parse --git-path logs/refs/.tmp-renamed-log)" 2>/dev/null | cut -d ' ' -f 2)
	if [ "$given" != "$zero" ] && [ "$commit" = "$old" ]; then
		echo "fixloop: $ref was protected; to protect its new name: fixloop hook install --protect NAME" >&2
		return 1
	fi
	if [ "$given" != "$zero" ] || [ -z "$commit" ]; then
		refuse "$ref is protected, and would be deleted" "git config --unset-all fixloop.protected '^$ref\$' first"
	fi
	new=$commit
	rescue="git has dropped the other name already; to have it back: git branch NAME $commit"
}

know_protected || exit 0
while read -r given new ref; do
	holds "$ref" "$protected" || continue
	# What git passes as the old value is zero for a forced move; the ref is locked and still has its value.
	old=$(git rev-parse --verify -q "$ref^{commit}") || continue
	case $new in
	"$old") continue ;;
	"$zero") is_packed "$given" "$ref" && continue
		is_renamed || continue ;;
	ref:*) new=$(git rev-parse --verify -q "${new#ref:}^{commit}") || continue ;;
	esac
	governed_files_differ "$old" "$new" || continue
	is_on_record "$old" "$new" && continue
	must_pass reference-transaction "$ref" "$old" "$new"
done <<MOVES
$moves
MOVES
exit 0
