# A push into this repository. Nothing has moved yet, and a no to one line is a no to all of them.
# What the record says of a tree was pushed by somebody too: here every step to a protected branch is judged anew.
moves=$(cat)
if [ -x "$before" ]; then
	printf '%s\n' "$moves" | "$before" "$@" || exit $?
fi
[ -n "$moves" ] || exit 0
know_protected || exit 0
asked= judged=
while read -r old new ref; do
	case $ref in
	refs/replace/*) [ "$new" = "$zero" ] ||
		refuse "$ref would put other objects in the place of those that were judged" "push without refs/replace/" ;;
	# A branch may be another name of a protected one (git symbolic-ref): it is that one which would move.
	refs/heads/*) [ "$old" = "$zero" ] || while to=$(git symbolic-ref -q "$ref"); do ref=$to; done ;;
	esac
	judged="$judged$old $new $ref
"
	case $ref in
	refs/heads/fixloop/state) asked=yes ;;
	*)
		holds "$ref" "$protected" || continue
		[ "$old" != "$zero" ] || continue
		[ "$new" != "$zero" ] && ! governed_files_differ "$old" "$new" || asked=yes
		;;
	esac
done <<MOVES
$moves
MOVES
[ -n "$asked" ] || exit 0
ask_python() {
	"$python" -P -m fixloop hook run @NAME@ --git-dir "$(git rev-parse --absolute-git-dir)" >&2
}
[ -x "$python" ] || refuse "the Python this hook was installed with is gone: $python" "fixloop hook install --server again"
printf '%s' "$judged" | ask_python
