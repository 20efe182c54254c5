oobo_escape "$1"
printf '\n{"record":"push","key":%s,"remote":"%s",%s}\n' "$$" "$oobo_escaped" "$oobo_fields" >>"$oobo_home/spool.jsonl"
