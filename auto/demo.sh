#!/bin/bash
#
# The demo, and whether it is right: auto/demo.sh BUILD
#
# Starts everything on a free port and in a folder of its own, plays a person
# who writes two messages, one of which the provider delivers twice, and
# shows the conversation and what the provider got.

set -eu
cd "$(dirname "$0")/.."
. auto/serve.sh

from=34600000001

# deliver NAME TEXT: a signed webhook; again with the same name, the same one
deliver() {
    local body=$data/$1.json
    if [ ! -e "$body" ]; then
        sed -e "s/@ID@/wamid.DEMO.$1/; s/@NOW@/$(date +%s)/; s/@TEXT@/$2/" \
            > "$body" <<END
{"object":"whatsapp_business_account","entry":[{"id":"102290129340398",
"changes":[{"field":"messages","value":{"messaging_product":"whatsapp",
"metadata":{"display_phone_number":"15550783881",
"phone_number_id":"106540352242922"},
"contacts":[{"profile":{"name":"Ana"},"wa_id":"$from"}],
"messages":[{"from":"$from","id":"@ID@","timestamp":"@NOW@",
"type":"text","text":{"body":"@TEXT@"}}]}}]}]}
END
    fi
    echo "webhook $1: \"$2\""
    curl -fsS -o /dev/null -w '  answered %{http_code}\n' \
        -H 'Content-Type: application/json' -H "X-Hub-Signature-256: $(
            "$build/parleyctl" sign whatsapp "$data/secrets/app.secret" \
                "$body")" --data-binary @"$body" "$url"
}

# how many of the conversation's messages match all of these
messages() {
    local rows pattern
    rows=$("$build/parleyctl" --store "$data/store" --json conversation demo \
        $from 2> /dev/null || true)
    for pattern in "$@"; do
        rows=$(grep -E -- "$pattern" <<< "$rows" || true)
    done
    grep -c '"direction"' <<< "$rows" || true
}

sandbox() { curl -fsS "http://127.0.0.1:$port/sandbox/"; }

# wrong TEXT: says what is not as it should be
wrong() {
    echo "parley: the demo is wrong: $*" >&2
    cat "$data/error.log" "$data/sender.log" >&2
    exit 1
}

port=$(perl -MIO::Socket::INET -e '
    print IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1")
        ->sockport()')
folder=$(mktemp -d "${TMPDIR:-/tmp}/parley-demo-XXXXXXXX")
trap 'code=$?; trap - EXIT INT TERM; serve_stop; rm -rf "$folder"
      exit $code' EXIT INT TERM

serve_prepare "$1" "$port" "$folder"
serve_start

deliver first "hello"
deliver second "order 1234"
deliver first "hello"

settled='"state": *"(delivered|read)"'
for _ in $(seq 300); do
    [ "$(messages '"direction": *"out"' "$settled")" -ge 2 ] && break
    sleep 0.2
done

echo
echo "The conversation, as it is stored:"
"$build/parleyctl" --store "$data/store" conversation demo $from
echo
echo "What the provider received:"
sandbox
echo

[ "$(messages '"direction": *"in"')" -eq 2 ] ||
    wrong "there should be 2 messages of Ana"
[ "$(messages '"direction": *"out"')" -eq 2 ] ||
    wrong "there should be 2 replies"
[ "$(messages '"direction": *"out"' "$settled")" -eq 2 ] ||
    wrong "2 replies should be delivered"
[ "$(sandbox | grep -o "\"to\": *\"+\{0,1\}$from\"" | wc -l)" -eq 2 ] ||
    wrong "the provider should have received 2 messages"
sandbox | grep -q 'Hello Ana' && sandbox | grep -q 'Order 1234' ||
    wrong "the replies should greet Ana and name her order"

echo "2 messages, 2 replies, each once: right."
