oobo_escape "$1"
printf '\n{"record":"merge","key":%s,"squash":"%s",%s}\n' "$$" "$oobo_escaped" "$oobo_fields" >>"$oobo_home/spool.jsonl"
