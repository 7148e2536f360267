# Every way to move a branch passes here: commit, amend, merge, rebase, cherry-pick, reset, branch -f, fetch.
if [ "$1" != prepared ]; then
	[ -x "$before" ] && exec "$before" "$@"
	exit 0
fi

moves=
keep_if_protected() {
	case $3 in
	refs/heads/fixloop/*) ;;
	refs/heads/*) may_be_protected "$3" && moves="$moves$1 $2 $3
" ;;
	esac
}

if [ -x "$before" ]; then
	all=$(cat)
	printf '%s\n' "$all" | "$before" "$@" || exit $?
	while read -r given new ref; do keep_if_protected "$given" "$new" "$ref"; done <<ALL
$all
ALL
else
	# The shell reads a byte at a time: right for a few lines, not for a fetch of thousands.
	left=20
	while [ $left -gt 0 ] && read -r given new ref; do
		keep_if_protected "$given" "$new" "$ref"
		left=$((left - 1))
	done
	if [ $left -eq 0 ]; then
		for ref in $known; do set -- "$@" -e " $ref"; done
		shift # "prepared"
		many=$(if [ $# -gt 0 ]; then grep -F "$@"; else grep ' refs/heads/'; fi)
		while read -r given new ref; do keep_if_protected "$given" "$new" "$ref"; done <<MANY
$many
MANY
	fi
fi
[ -n "$moves" ] || exit 0
