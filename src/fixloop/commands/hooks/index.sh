know_protected || exit 0
ref=$(git symbolic-ref -q HEAD) || exit 0
holds "$ref" "$protected" || exit 0
base=$(git rev-parse --verify -q HEAD) || exit 0
tree=$(git write-tree) || exit 0
governed_files_differ "$base" "$tree" || exit 0
is_on_record "$base" "$tree" && exit 0
must_pass @NAME@ "$ref" "$base" "$tree" $head
exit 0
