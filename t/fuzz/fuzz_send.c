/*
 * Fuzz target: what is sent on WhatsApp, and its list of templates. What must
 * hold for any content: what the check lets through can be built, what it
 * refuses names a field; and any list of templates is read item by item.
 *
 *     clang -fsanitize=fuzzer,address,undefined ... t/fuzz/fuzz_send.c
 *     ./fuzz_send -max_total_time=60 t/fixtures/whatsapp/send
 */

#include <stdlib.h>
#include <string.h>

#include "../../src/channel/template.h"
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


/* Checked, and built in a roomy arena. */

static void
fuzz_message(const pl_codec_t *codec, Pl__Content *content, bool group,
    pl_arena_t *ar)
{
    pl_err_t             err;
    pl_status_t          rc;
    Pl__Address          address = PL__ADDRESS__INIT;
    Pl__Message          message = PL__MESSAGE__INIT;
    pl_request_t         request;
    Pl__ChannelSettings  channel = PL__CHANNEL_SETTINGS__INIT;
    pl_send_t            send = { &channel, &message, 17, "5eed0001",
                                 PL_STR("token"), NULL, NULL, NULL };

    channel.account = (char *) "1";
    channel.api_base_url = (char *) "https://graph.facebook.com";
    channel.api_version = (char *) "v24.0";
    address.kind = group ? PL__ADDRESS_KIND__ADDRESS_KIND_GROUP
                         : PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "34600000001";
    message.content = content;
    message.address = &address;

    memset(&err, 0, sizeof(err));
    rc = pl_whatsapp.check(&message, &err);

    if (rc != PL_OK) {
        fuzz_must(rc == PL_INVALID && strncmp(err.path, "content", 7) == 0);
        fuzz_must(err.text[0] != '\0');
        fuzz_must(pl_whatsapp.build(codec, &send, ar, &request, NULL)
                  == PL_INVALID);
        return;
    }

    rc = pl_whatsapp.build(codec, &send, ar, &request, &err);
    fuzz_must(rc == PL_OK);
    fuzz_must(request.body.len > 0 && pl_utf8_valid(request.body));
}


static void
fuzz_templates(const pl_codec_t *codec, pl_str_t body,
    const Pl__Template *template, pl_arena_t *ar)
{
    size_t           i;
    pl_err_t         err;
    pl_status_t      rc;
    pl_templates_t   page;

    if (pl_whatsapp.templates(codec, body, ar, &page, NULL) != PL_OK) {
        return;
    }

    for (i = 0; i < page.n_records; i++) {
        fuzz_must(page.records[i]->name[0] != '\0');
        fuzz_must(strchr(page.records[i]->language, '-') == NULL);

        memset(&err, 0, sizeof(err));
        rc = pl_template_check(page.records[i], template, &err);
        fuzz_must(rc == PL_OK || (rc == PL_INVALID && err.path[0] != '\0'));
    }

    for (i = 0; i < page.n_unreadable; i++) {
        fuzz_must(page.unreadable[i]->reason[0] != '\0');
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pl_codec_t     *codec;   /* a target has one process, one run */
    static pl_arena_t     *ar;

    pl_str_t               json = { data, size };
    Pl__Template           none = PL__TEMPLATE__INIT;
    ProtobufCMessage      *msg;

    if (codec == NULL) {
        fuzz_must(pl_shapes_codec(&codec, NULL) == PL_OK);
        ar = pl_arena_create(64 * 1024, 64 * 1024 * 1024);
        fuzz_must(ar != NULL);
    }

    pl_arena_reset(ar);
    none.name = none.language = (char *) "x";
    fuzz_templates(codec, json, &none, ar);

    if (pl_json_decode(codec, &pl__content__descriptor, json, 0, ar, &msg,
                       NULL) == PL_OK)
    {
        fuzz_message(codec, (Pl__Content *) msg, false, ar);
        fuzz_message(codec, (Pl__Content *) msg, true, ar);
    }

    return 0;
}
