/*
 * Fuzz target: bodies and answers of WhatsApp. Seeds are the fixtures. What
 * must hold for any input: no crash, no leak, and what was decoded is whole.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... t/fuzz/fuzz_whatsapp.c
 *     ./fuzz_whatsapp -max_total_time=60 t/fixtures/whatsapp
 */

#include <stdlib.h>
#include <string.h>

#include "../../src/channel/channel_print.h"
#include "../../src/channel/whatsapp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_must(bool holds)
{
    if (!holds) {
        abort();
    }
}


static void fuzz_told(const Pl__Command *command);


static void
fuzz_command(const Pl__Command *command)
{
    const Pl__Sender          *from;
    const Pl__InboundMessage  *in;
    const Pl__DeliveryStatus  *status;

    switch (command->of_case) {

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        in = command->inbound_message;
        from = in->from;
        fuzz_must(in->account[0] != '\0' && in->provider_id[0] != '\0');
        fuzz_must(strlen(in->provider_id) <= PL_PROVIDER_ID_MAX);
        fuzz_must(from->phone != NULL || from->user_id != NULL);
        fuzz_must(in->content->type[0] != '\0' && in->time_s >= 0);
        fuzz_must(in->content->of_case != PL__CONTENT__OF__NOT_SET
                  || in->content->has_raw);
        fuzz_must(in->path != NULL && in->raw.len > 0);
        fuzz_must(pl_utf8_valid(pl_str_c(from->name)));
        break;

    case PL__COMMAND__OF_DELIVERY_STATUS:
        status = command->delivery_status;
        fuzz_must(status->account[0] != '\0' && status->status[0] != '\0');
        fuzz_must(status->provider_id[0] != '\0' && status->time_s >= 0);
        fuzz_must(status->path != NULL && status->raw.len > 0);
        fuzz_must(!status->has_message || status->message > 0);
        break;

    case PL__COMMAND__OF_UNREADABLE_ITEM:
        fuzz_must(command->unreadable_item->reason[0] != '\0');
        fuzz_must(command->unreadable_item->path != NULL);
        fuzz_must(command->unreadable_item->raw.len > 0);
        break;

    default:
        fuzz_told(command);
    }
}


/* What an account tells. */

static void
fuzz_told(const Pl__Command *command)
{
    size_t                    i;
    const Pl__GroupChange    *group;
    const Pl__ContactChange  *contact;

    switch (command->of_case) {

    case PL__COMMAND__OF_CHANNEL_CHANGE:
        fuzz_must(command->channel_change->path != NULL);
        fuzz_must(command->channel_change->raw.len > 0);
        break;

    case PL__COMMAND__OF_TEMPLATE_CHANGE:
        fuzz_must(command->template_change->template_->name[0] != '\0');
        fuzz_must(command->template_change->template_->language[0] != '\0');
        fuzz_must(command->template_change->raw.len > 0);
        break;

    case PL__COMMAND__OF_GROUP_CHANGE:
        group = command->group_change;
        fuzz_must(group->account[0] != '\0' && group->time_s >= 0);

        for (i = 0; i < group->n_members; i++) {
            fuzz_must(group->members[i]->who->phone != NULL
                      || group->members[i]->who->user_id != NULL);
        }
        break;

    case PL__COMMAND__OF_CONSENT_CHANGE:
        fuzz_must(command->consent_change->account[0] != '\0');
        fuzz_must(command->consent_change->from->phone != NULL
                  || command->consent_change->from->user_id != NULL);
        break;

    case PL__COMMAND__OF_CONTACT_CHANGE:
        contact = command->contact_change;
        fuzz_must(contact->account[0] != '\0');
        fuzz_must(contact->provider_id[0] != '\0' && contact->time_s >= 0);
        break;

    default:
        abort();
    }
}


static void
fuzz_decode(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar)
{
    size_t        i;
    pl_err_t      err;
    pl_str_t      text;
    pl_decoded_t  decoded;

    if (pl_whatsapp.decode(codec, body, ar, &decoded, &err) != PL_OK) {
        return;
    }

    for (i = 0; i < decoded.n_commands; i++) {
        fuzz_command(decoded.commands[i]);
    }

    if (pl_channel_print(codec, &decoded, ar, &text, &err) == PL_OK) {
        fuzz_must(pl_utf8_valid(text));

        for (i = 0; text.len > 0; text.len--, text.data++) {
            i += text.data[0] == '\n';
        }

        fuzz_must(i == decoded.n_commands + 1);

    } else {
        fuzz_must(err.status == PL_NOMEM);
    }
}


static void
fuzz_classify(const pl_codec_t *codec, pl_str_t body, pl_arena_t *ar)
{
    size_t          i;
    pl_err_t        err;
    Pl__SendResult  result;

    static const int  statuses[] = { 200, 400, 500 };

    for (i = 0; i < PL_COUNT(statuses); i++) {
        pl_answer_t  answer = { .status = statuses[i], .body = body };

        pl__send_result__init(&result);

        if (pl_whatsapp.classify(codec, &answer, ar, &result, &err)
            == PL_OK)
        {
            fuzz_must((result.outcome == PL__OUTCOME__OUTCOME_SENT)
                      == (result.provider_id != NULL));
            fuzz_must(result.provider_id != NULL || result.reason != NULL);
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pl_codec_t  *codec;      /* a target has one process, one run */
    static pl_arena_t  *ar;

    if (codec == NULL) {
        fuzz_must(pl_shapes_codec(&codec, NULL) == PL_OK);
        ar = pl_arena_create(64 * 1024, 64 * 1024 * 1024);
        fuzz_must(ar != NULL);
    }

    pl_arena_reset(ar);
    fuzz_decode(codec, (pl_str_t) { data, size }, ar);
    fuzz_classify(codec, (pl_str_t) { data, size }, ar);

    return 0;
}
