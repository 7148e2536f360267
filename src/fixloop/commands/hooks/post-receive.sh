# After a push: what a push option allowed goes into the record, which pre-receive may not write.
moves=$(cat)
if [ -x "$before" ]; then
	printf '%s\n' "$moves" | "$before" "$@" || exit $?
fi
case ${GIT_PUSH_OPTION_COUNT:-0} in 0) exit 0 ;; esac
[ -n "$moves" ] && [ -x "$python" ] || exit 0
know_protected || exit 0
printf '%s\n' "$moves" |
	"$python" -P -m fixloop hook run @NAME@ --git-dir "$(git rev-parse --absolute-git-dir)" >&2
