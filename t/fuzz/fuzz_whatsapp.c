/*
 * Fuzz target: bodies of WhatsApp. Seeds are the fixtures. What must hold
 * for any input: no crash, no leak, what was decoded is whole, can be shown,
 * and can be stored.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/channel/channel_print.h"
#include "../../src/channel/whatsapp.h"
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
fuzz_item(const char *account, const char *id, int64_t time_s,
    const char *path, const ProtobufCBinaryData *raw)
{
    fuzz_must(account != NULL && account[0] != '\0', "an account");
    fuzz_must(id == NULL || (id[0] != '\0'
                             && strlen(id) <= PL_PROVIDER_ID_MAX),
              "an id within its limit");
    fuzz_must(time_s >= 0, "a time");
    fuzz_must(path != NULL && raw->len > 0, "its place and its JSON");
}


static void
fuzz_person(const Pl__Sender *who)
{
    fuzz_must(who->phone != NULL || who->user_id != NULL, "a person");
    fuzz_must(who->phone == NULL || who->phone[0] != '\0', "a number");
    fuzz_must(pl_utf8_valid(pl_str_c(who->name)), "a name of text");
}


static void
fuzz_content(const Pl__Content *content)
{
    fuzz_must(content->type[0] != '\0', "a type");
    fuzz_must(content->of_case != PL__CONTENT__OF__NOT_SET
              || content->has_raw, "something that it says");

    if (content->of_case == PL__CONTENT__OF_EDIT
        && content->edit->content != NULL)
    {
        fuzz_must(content->edit->content->of_case != PL__CONTENT__OF_EDIT,
                  "an edit of no edit");
        fuzz_content(content->edit->content);
    }
}


static void fuzz_told(const Pl__Command *command);


static void
fuzz_command(const Pl__Command *command)
{
    const Pl__EchoMessage     *echo;
    const Pl__ContactSync     *sync;
    const Pl__ChannelError    *error;
    const Pl__InboundMessage  *in;
    const Pl__DeliveryStatus  *status;
    const Pl__UnreadableItem  *item;

    switch (command->of_case) {

    case PL__COMMAND__OF_INBOUND_MESSAGE:
        in = command->inbound_message;
        fuzz_item(in->account, in->provider_id, in->time_s, in->path,
                  &in->raw);
        fuzz_person(in->from);
        fuzz_content(in->content);
        break;

    case PL__COMMAND__OF_ECHO_MESSAGE:
        echo = command->echo_message;
        fuzz_item(echo->account, echo->provider_id, echo->time_s, echo->path,
                  &echo->raw);
        fuzz_person(echo->peer);
        fuzz_content(echo->content);
        break;

    case PL__COMMAND__OF_CONTACT_SYNC:
        sync = command->contact_sync;
        fuzz_item(sync->account, NULL, sync->time_s, sync->path, &sync->raw);
        fuzz_person(sync->contact);
        break;

    case PL__COMMAND__OF_CHANNEL_ERROR:
        error = command->channel_error;
        fuzz_item(error->account, NULL, 0, error->path, &error->raw);
        break;

    case PL__COMMAND__OF_DELIVERY_STATUS:
        status = command->delivery_status;
        fuzz_item(status->account, status->provider_id, status->time_s,
                  status->path, &status->raw);
        fuzz_must(status->status[0] != '\0', "a word");
        fuzz_must(!status->has_message || status->message > 0, "our id");
        fuzz_must(status->n_errors == 0 || status->error != NULL,
                  "a first error");
        break;

    case PL__COMMAND__OF_UNREADABLE_ITEM:
        item = command->unreadable_item;
        fuzz_must(item->reason[0] != '\0', "a reason");
        fuzz_must(item->path != NULL && item->raw.len > 0,
                  "its place and its JSON");
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
        fuzz_must(command->channel_change->path != NULL
                  && command->channel_change->raw.len > 0,
                  "its place and its JSON");
        break;

    case PL__COMMAND__OF_TEMPLATE_CHANGE:
        fuzz_must(command->template_change->template_->name[0] != '\0'
                  && command->template_change->template_->language[0] != '\0',
                  "a template's name and language");
        break;

    case PL__COMMAND__OF_GROUP_CHANGE:
        group = command->group_change;
        fuzz_must(group->account[0] != '\0' && group->time_s >= 0,
                  "a number and a time");

        for (i = 0; i < group->n_members; i++) {
            fuzz_must(group->members[i]->who->phone != NULL
                      || group->members[i]->who->user_id != NULL,
                      "a member that can be told");
        }
        break;

    case PL__COMMAND__OF_CONSENT_CHANGE:
        fuzz_must(command->consent_change->from->phone != NULL
                  || command->consent_change->from->user_id != NULL,
                  "a person that can be told");
        break;

    case PL__COMMAND__OF_CONTACT_CHANGE:
        contact = command->contact_change;
        fuzz_must(contact->account[0] != '\0'
                  && contact->provider_id[0] != '\0' && contact->time_s >= 0,
                  "a number, an id and a time");
        break;

    default:
        break;
    }
}


/* What is stored is read as what it was. */

static void
fuzz_stored(const Pl__Command *command, pl_arena_t *ar)
{
    size_t        len;
    uint8_t      *one, *two;
    Pl__Command  *back;

    fuzz_must(protobuf_c_message_check(&command->base), "a whole record");

    len = pl__command__get_packed_size(command);
    one = pl_arena_alloc(ar, len);
    two = pl_arena_alloc(ar, len);

    if (one == NULL || two == NULL) {
        return;
    }

    fuzz_must(pl__command__pack(command, one) == len, "its length");
    back = pl__command__unpack(pl_arena_protobuf(ar), len, one);

    if (back != NULL) {
        fuzz_must(pl__command__get_packed_size(back) == len, "the same");
        (void) pl__command__pack(back, two);
        fuzz_must(memcmp(one, two, len) == 0, "the same again");
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pl_codec_t  *codec;      /* a target has one process, one run */
    static pl_arena_t  *ar;

    size_t        i;
    uint8_t      *body;
    pl_err_t      err;
    pl_str_t      text;
    pl_decoded_t  decoded;

    if (codec == NULL) {
        fuzz_must(pl_shapes_codec(&codec, NULL) == PL_OK, "the codec");
        ar = pl_arena_create(64 * 1024, FUZZ_ARENA_MAX);
        fuzz_must(ar != NULL, "memory");
    }

    pl_arena_reset(ar);

    /* Of its exact size: what is read behind the body is seen. */
    body = malloc(size > 0 ? size : 1);
    fuzz_must(body != NULL, "memory");
    memcpy(body, data, size);

    if (pl_whatsapp.decode(codec, (pl_str_t) { body, size }, ar, &decoded,
                           &err) != PL_OK)
    {
        fuzz_must(decoded.n_commands == 0, "all of a body or nothing");
        free(body);
        return 0;
    }

    for (i = 0; i < decoded.n_commands; i++) {
        fuzz_command(decoded.commands[i]);
        fuzz_stored(decoded.commands[i], ar);
    }

    if (pl_channel_print(codec, &decoded, ar, &text, &err) == PL_OK) {
        fuzz_must(pl_utf8_valid(text), "it is UTF-8");

        for (i = 0; text.len > 0; text.len--, text.data++) {
            i += text.data[0] == '\n';
        }

        fuzz_must(i == decoded.n_commands + 1, "a line for each");

    } else {
        fuzz_must(err.status == PL_NOMEM, "it can be shown");
    }

    free(body);

    return 0;
}
