# A merge without conflicts: the tree about to be committed.
if [ -x "$before" ]; then
	"$before" "$@" || exit $?
fi
# MERGE_HEAD is written only after this hook; meanwhile git names what it merges in its environment.
head=$(env | sed -n 's/^GITHEAD_\([0-9a-f]\{40\}\)=.*/\1/p' | head -n 1)
