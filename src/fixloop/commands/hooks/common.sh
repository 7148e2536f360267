
python=@PYTHON@
rescue=

# The branches that `git config fixloop.protected` names; in a repository without any the hook does nothing.
# From here on paths are patterns, though fixloop's own git calls take them literally, and a tree is what its id says.
know_protected() {
	unset GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
	export GIT_NO_REPLACE_OBJECTS=1
	protected=$(git config --get-all fixloop.protected)
}

# From commit $1 to commit or tree $2. An engine of one's own (python:…) may be any file, so then every file counts.
governed_files_differ() {
	config=$(git cat-file blob "$1:fixloop.yaml" 2>/dev/null) || {
		# A base that cannot be read at all is no base without a workspace.
		! git cat-file -e "$1^{tree}" 2>/dev/null
		return
	}
	case $config in
	*python:*) ! git diff-tree --quiet --ignore-submodules=none -r "$1" "$2" ;;
	*) ! git diff-tree --quiet --ignore-submodules=none -r "$1" "$2" -- @PATHS@ ;;
	esac
}

# A move that fixloop made itself, or a tree it judged for this very base.
is_on_record() {
	tree=$(git rev-parse --verify -q "$2^{tree}") || return 1
	git cat-file blob "refs/heads/fixloop/state:verdicts/$1-$tree.json" 2>/dev/null | grep -q '^ "verdict": "pass",$'
}

must_pass() {
	if ! [ -x "$python" ]; then
		echo "fixloop: $2 is protected, and the Python this hook was installed with is gone: $python" >&2
		echo "  -> run 'fixloop hook install' again, or remove this hook: $0" >&2
		exit 1
	fi
	# -P: no file of this folder is taken for a module of Python's or ours.
	"$python" -P -m fixloop hook run --git-dir "$(git rev-parse --absolute-git-dir)" "$@" </dev/null >&2 && return
	[ -z "$rescue" ] || echo "  -> $rescue" >&2
	exit 1
}

refuse() {
	echo "fixloop: $1" >&2
	echo "  -> $2" >&2
	exit 1
}

