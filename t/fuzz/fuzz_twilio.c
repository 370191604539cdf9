/*
 * Fuzz target: what Twilio posts and answers. The first line is the query of
 * the URL; the rest a form, and an answer's body. What must hold for any
 * input: no crash, no leak, what was decoded is whole, can be shown, and can
 * be stored; nothing is rightly signed; every answer has an outcome.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/channel/channel_print.h"
#include "../../src/channel/twilio.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define FUZZ_ARENA_MAX  (64u * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_must(bool holds, const char *promise)
{
    if (!holds) {
        (void) fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}


static void
fuzz_command(const Pl__Command *command)
{
    const Pl__InboundMessage  *in;
    const Pl__DeliveryStatus  *status;

    if (command->of_case == PL__COMMAND__OF_INBOUND_MESSAGE) {
        in = command->inbound_message;
        fuzz_must(in->account[0] != '\0' && in->provider_id[0] != '\0'
                  && strlen(in->provider_id) <= PL_PROVIDER_ID_MAX,
                  "an account and an id");
        fuzz_must(in->from->phone != NULL || in->from->user_id != NULL,
                  "a person");
        fuzz_must(in->content->of_case != PL__CONTENT__OF__NOT_SET
                  && in->content->type[0] != '\0', "something that it says");
        return;
    }

    fuzz_must(command->of_case == PL__COMMAND__OF_DELIVERY_STATUS,
              "one of two kinds");

    status = command->delivery_status;
    fuzz_must(status->account[0] != '\0' && status->provider_id[0] != '\0',
              "an account and an id");
    fuzz_must(!status->has_message
              || (status->message > 0 && status->mark != NULL
                  && status->mark[0] != '\0'), "our id");
}


static void
fuzz_decode(const pl_codec_t *codec, pl_str_t query, pl_str_t body,
    pl_arena_t *ar)
{
    size_t         i;
    pl_str_t       lines;
    Pl__Entry      entry = PL__ENTRY__INIT;
    pl_decoded_t   out;

    entry.time_ms = 1700000000000;
    entry.has_body = 1;
    entry.body.data = (uint8_t *) (uintptr_t) body.data;
    entry.body.len = body.len;
    entry.query = pl_utf8_clean(ar, query);

    if (pl_channel_decode(&pl_twilio, codec, &entry, ar, &out, NULL)
        != PL_OK)
    {
        return;
    }

    for (i = 0; i < out.n_commands; i++) {
        fuzz_command(out.commands[i]);
        fuzz_must(pl__command__get_packed_size(out.commands[i]) > 0,
                  "it can be stored");
    }

    fuzz_must(pl_channel_print(codec, &out, ar, &lines, NULL) == PL_OK,
              "it can be shown");
}


static void
fuzz_verify(pl_str_t query, pl_str_t body)
{
    pl_mac_t      *mac = pl_twilio.mac(PL_STR("12345"));
    pl_signed_t    in = { 0 };
    pl_secrets_t   secrets = { &mac, 1, NULL };

    in.signature = PL_STR("RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    in.url = query.len == 0 ? PL_STR("https://h/") : query;
    in.body = &body;
    in.n_body = 1;

    fuzz_must(pl_twilio.verify(&secrets, &in, NULL) != PL_OK,
              "it is not signed");
    pl_mac_destroy(mac);
}


static void
fuzz_answer(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar)
{
    size_t           i;
    pl_answer_t      answer = { 0 };
    Pl__SendResult   out;

    static const int  statuses[] = { 0, 201, 302, 400, 401, 429, 500, 503 };

    for (i = 0; i < PL_COUNT(statuses); i++) {
        pl__send_result__init(&out);
        answer.status = statuses[i];
        answer.body = body;
        answer.retry_after = body;

        fuzz_must(pl_twilio.classify(codec, &answer, ar, &out, NULL)
                  == PL_OK && out.outcome != 0, "an outcome");
        fuzz_must(out.outcome != PL__OUTCOME__OUTCOME_SENT
                  || (statuses[i] == 201 && out.provider_id != NULL
                      && out.provider_id[0] != '\0'), "an id of what went");
    }
}


/* A page of messages becomes forms that the decoder takes, and leads to no
   other place; accounts have a sid and a token. */

static void
fuzz_page(const pl_codec_t *codec, const Pl__MessageListing *page,
    pl_arena_t *ar)
{
    size_t                i;
    pl_page_t             ask;
    pl_decoded_t          out;
    pl_request_t          request = { 0 };
    Pl__Reconcile         next = PL__RECONCILE__INIT;
    Pl__ListedMessage    *row;
    Pl__ChannelSettings   channel = PL__CHANNEL_SETTINGS__INIT;

    static const char  begin[] = "https://h/1/Accounts/"
        "AC00000000000000000000000000000001/Messages.json?";

    for (i = 0; i < page->n_messages; i++) {
        row = page->messages[i];
        fuzz_must(row->time_s != 0 && row->id[0] != '\0', "an id, a time");

        if (pl_twilio.decode(codec, (pl_str_t) { row->form.data,
                             row->form.len }, ar, &out, NULL) == PL_OK)
        {
            fuzz_must(out.n_commands == 1, "one message");
            fuzz_command(out.commands[0]);
        }
    }

    channel.account = (char *) (uintptr_t)
                      "AC00000000000000000000000000000001/+31620000000";
    channel.api_base_url = (char *) (uintptr_t) "https://h";
    channel.api_version = (char *) (uintptr_t) "1";
    next.limit = 50;
    next.after = page->after;
    ask.channel = &channel;
    ask.token = PL_STR("secret");
    ask.page = &next;

    fuzz_must(pl_twilio.reconcile->list(&ask, ar, &request, NULL) != PL_OK
              || strncmp(request.url, begin, strlen(begin)) == 0,
              "nowhere else");
}


static void
fuzz_lists(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar)
{
    size_t           i;
    pl_answer_t      answer = { 0 };
    Pl__SendResult   out;

    answer.status = 200;
    answer.body = body;

    pl__send_result__init(&out);
    if (pl_twilio.reconcile->listed(codec, &answer, ar, &out, NULL) == PL_OK
        && out.messages != NULL)
    {
        fuzz_page(codec, out.messages, ar);
    }

    pl__send_result__init(&out);
    fuzz_must(pl_twilio.reconcile->files(codec, &answer, ar, &out, NULL)
              != PL_OK || out.outcome != 0, "an outcome");

    pl__send_result__init(&out);
    if (pl_twilio.accounts->found(codec, &answer, ar, &out, NULL) != PL_OK) {
        return;
    }

    for (i = 0; i < out.n_accounts; i++) {
        fuzz_must(strncmp(out.accounts[i]->sid, "AC", 2) == 0
                  && out.accounts[i]->token.len != 0, "a sid and a token");
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pl_codec_t  *codec;

    pl_str_t        query = { data, 0 }, body = { data, size };
    pl_arena_t     *ar;
    const uint8_t  *end;

    if (codec == NULL) {
        fuzz_must(pl_shapes_codec(&codec, NULL) == PL_OK, "the codec");
    }

    end = size == 0 ? NULL : memchr(data, '\n', size);

    if (end != NULL) {
        query.len = (size_t) (end - data);
        body.data = end + 1;
        body.len = size - query.len - 1;
    }

    ar = pl_arena_create(65536, FUZZ_ARENA_MAX);
    fuzz_must(ar != NULL, "memory");

    fuzz_decode(codec, query, body, ar);
    fuzz_verify(query, body);
    fuzz_answer(codec, body, ar);
    fuzz_lists(codec, body, ar);

    pl_arena_destroy(ar);

    return 0;
}
