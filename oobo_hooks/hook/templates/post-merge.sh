oobo_squashed=
if [ "$1" = 1 ]; then
  # What was squashed is named in a file that the commit to come takes away.
  for oobo_commit in $(sed -n 's/^commit \([0-9a-f]*\)$/\1/p' "$oobo_git_dir/SQUASH_MSG"); do
    oobo_squashed="$oobo_squashed${oobo_squashed:+,}\"$oobo_commit\""
  done
fi
oobo_escape "$1"
printf '\n{"record":"merge","key":%s,"squash":"%s","squashed":[%s],%s}\n' \
  "$$" "$oobo_escaped" "$oobo_squashed" "$oobo_fields" >>"$oobo_home/spool.jsonl"
