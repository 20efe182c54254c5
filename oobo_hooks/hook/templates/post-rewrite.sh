# One record for forty pairs: each is then one write, so that hooks running at once never mix their bytes.
oobo_escape "$1"
oobo_command=$oobo_escaped
oobo_write_pairs() {
  [ -n "$oobo_some" ] || return 0
  printf '\n{"record":"rewrite","key":%s,"command":"%s","pairs":[%s],%s}\n' \
    "$$" "$oobo_command" "$oobo_some" "$oobo_fields" >>"$oobo_home/spool.jsonl"
  oobo_some=
  oobo_count=0
}
oobo_some=
oobo_count=0
set -- $oobo_pairs
while [ "$#" -ge 2 ]; do
  oobo_some="$oobo_some${oobo_some:+,}[\"$1\",\"$2\"]"
  shift 2
  oobo_count=$((oobo_count + 1))
  [ "$oobo_count" -lt 40 ] || oobo_write_pairs
done
oobo_write_pairs
