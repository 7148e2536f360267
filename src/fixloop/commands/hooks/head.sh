#!/bin/sh
# Written by `fixloop hook install`; `fixloop hook uninstall` puts back what was here before. docs/hooks.md says more.
# Python starts only where a protected branch would get other files that fixloop governs, and no verdict is on record.
# Before that point nothing starts another program: git calls some hooks several times a command.
before="${0%/*}/@NAME@.before-fixloop"
zero=0000000000000000000000000000000000000000

# Protected when this was installed; empty where several repositories share the folder, and git is asked.
known=@KNOWN@

# Whether $2, a list with a line a name, holds the branch $1.
holds() {
	case "
$2
" in *"
$1
"* | *"
${1#refs/heads/}
"*) return 0 ;; esac
	return 1
}

may_be_protected() {
	[ -z "$known" ] || holds "$1" "$known"
}

