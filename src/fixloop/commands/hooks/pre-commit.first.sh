# A merge that had conflicts: the tree about to be committed, before anybody writes a message for it.
if [ -x "$before" ]; then
	"$before" "$@" || exit $?
fi
# Without a merge there is nothing to ask; in a linked worktree only git knows where to look.
[ -z "$GIT_DIR" ] && [ -d .git ] && ! [ -f .git/MERGE_HEAD ] && exit 0
[ -n "$GIT_DIR" ] && ! [ -f "$GIT_DIR/MERGE_HEAD" ] && exit 0
head=$(git rev-parse --verify -q MERGE_HEAD) || exit 0
