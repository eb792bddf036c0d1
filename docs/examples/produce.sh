#!/bin/sh
# Writes two events to Prikploeg with kcat (Debian and Ubuntu: apt-get install kcat), as another system would.
# Run: sh docs/examples/produce.sh 127.0.0.1:9092 [region [moment of the facts]]
set -eu
bootstrap=${1:?usage: produce.sh BOOTSTRAP [REGION [MOMENT]]}
region=${2:-GG2514}
topic=in.hap.core.v1                    # the topic of our system: one for each connected system
source=urn:nld:prikploeg:hap:voorbeeld  # must begin with a prefix that this topic may use
now=${3:-$(date -u +%Y-%m-%dT%H:%M:%SZ)}  # beside a demo: a moment that its own clock has seen
new_id() { cat /proc/sys/kernel/random/uuid; }

# Structured mode: a whole CloudEvent in the value, on one line, keyed by region.
printf '%s' '{"specversion":"1.0","id":"'"$(new_id)"'","source":"'"$source"'","type":"nl.prikploeg.team.formed.v1","time":"'"$now"'",'\
'"partitionkey":"'"$region"'","datacontenttype":"application/json","data":{"team_id":"0b6f1c1e-5b0a-4f0e-9d7e-2f6f3b1f9a01",'\
'"organisation_id":"0b6f1c1e-5b0a-4f0e-9d7e-2f6f3b1f9a02","name":"Team Nacht","skills":["vaccination","crisis"]}}' |
  kcat -P -b "$bootstrap" -t "$topic" -k "$region" -X acks=all -X enable.idempotence=true \
    -H 'content-type=application/cloudevents+json'

# Binary mode: attributes in headers, the payload in the value.
printf '%s' '{"member_id":"0b6f1c1e-5b0a-4f0e-9d7e-2f6f3b1f9a03","role":"nurse","valid_from":"2021-01-01","valid_until":"2023-12-31"}' |
  kcat -P -b "$bootstrap" -t "$topic" -k "$region" -X acks=all -X enable.idempotence=true \
    -H 'content-type=application/json' -H ce_specversion=1.0 -H "ce_id=$(new_id)" -H "ce_source=$source" \
    -H ce_type=nl.prikploeg.member.certified.v1 -H "ce_time=$now" -H "ce_partitionkey=$region"

echo "sent two events to $topic on $bootstrap"
