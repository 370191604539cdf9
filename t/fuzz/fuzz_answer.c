/*
 * Fuzz target: what providers answer to a send, to the question for a page of
 * their templates, and to being asked where a file is. The first bytes choose
 * which, the provider, the HTTP status, how far the request came and what
 * stands in Retry-After; the rest is the body. What must hold for any answer
 * is what channel.h promises: it has an outcome, and a reason unless it was
 * sent; a page is whole; the token is for known hosts alone.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../../src/channel/channel.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define FUZZ_HEAD       6
#define FUZZ_ARENA_MAX  (64u * 1024 * 1024)
#define FUZZ_DELAY_MAX  (3600 * 1000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static const int  fuzz_statuses[] = {
    0, 200, 200, 200, 201, 204, 302, 400, 400, 401, 403, 404, 408, 409, 422,
    429, 429, 500, 500, 502, 503, 504, 599, 999
};


static void
fuzz_must(bool holds, const char *promise)
{
    if (!holds) {
        (void) fprintf(stderr, "broken: %s\n", promise);
        abort();
    }
}


static void
fuzz_result(const Pl__SendResult *result)
{
    size_t                           i;
    const ProtobufCEnumDescriptor   *outcome = &pl__outcome__descriptor;

    for (i = 0; i < outcome->n_values; i++) {
        if (outcome->values[i].value == (int) result->outcome) {
            break;
        }
    }

    fuzz_must(i < outcome->n_values, "an outcome");
    fuzz_must(result->outcome == PL__OUTCOME__OUTCOME_SENT
              || result->provider_id == NULL, "an id of what is sent alone");
    fuzz_must((result->outcome == PL__OUTCOME__OUTCOME_SENT)
              == (result->reason == NULL), "a reason for all but that");
    fuzz_must(pl_utf8_valid(pl_str_c(result->reason)), "a reason of text");

    if (result->provider_id != NULL) {
        fuzz_must(result->provider_id[0] != '\0'
                  && strlen(result->provider_id) <= PL_PROVIDER_ID_MAX
                  && pl_utf8_valid(pl_str_c(result->provider_id)),
                  "an id within its limit");
    }

    if (result->recipient != NULL) {
        fuzz_must(result->recipient[0] != '\0'
                  && strlen(result->recipient) <= PL_ADDRESS_MAX,
                  "an address within its limit");
    }

    fuzz_must(!result->has_retry_ms
              || (result->retry_ms > 0
                  && result->retry_ms <= 24LL * FUZZ_DELAY_MAX),
              "a delay, not a time");
}


static void
fuzz_listing(const Pl__SendResult *result)
{
    size_t                       i;
    const Pl__TemplateListing   *listing = result->listing;

    fuzz_must(result->outcome != PL__OUTCOME__OUTCOME_UNKNOWN,
              "nothing unknown");
    fuzz_must((listing != NULL)
              == (result->outcome == PL__OUTCOME__OUTCOME_SENT), "a page");
    fuzz_must(result->provider_id == NULL, "no id");

    for (i = 0; listing != NULL && i < listing->n_templates; i++) {
        fuzz_must(listing->templates[i]->name[0] != '\0'
                  && listing->templates[i]->language[0] != '\0'
                  && pl_utf8_valid(pl_str_c(listing->templates[i]->name)),
                  "a name for each");
    }

    for (i = 0; listing != NULL && i < listing->n_unreadable; i++) {
        fuzz_must(listing->unreadable[i]->reason[0] != '\0',
                  "a reason for what cannot be read");
    }
}


/* The same answer, read as one that says where a file is. */

static void
fuzz_place(const pl_channel_t *channel, const pl_codec_t *codec,
    const pl_answer_t *answer, pl_arena_t *ar)
{
    bool                  home = false;
    pl_err_t              err;
    pl_fetch_t            fetch = { 0 };
    pl_place_t            place;
    Pl__Media             media = PL__MEDIA__INIT;
    pl_request_t          request;
    Pl__SendResult        result = PL__SEND_RESULT__INIT;
    Pl__ChannelSettings   settings = PL__CHANNEL_SETTINGS__INIT;

    if (channel->files == NULL || answer->status == 0) {
        return;
    }

    settings.account = (char *) (uintptr_t) "1";
    settings.api_base_url = (char *) (uintptr_t) "http://127.0.0.1:1/api";
    settings.api_version = (char *) (uintptr_t) "v24.0";
    media.id = (char *) (uintptr_t) "1";
    fetch.channel = &settings;
    fetch.media = &media;
    fetch.kind = "image";
    fetch.token = PL_STR("secret");

    if (channel->files->place(codec, &fetch, answer, ar, &place, &result,
                              &err) != PL_OK)
    {
        fuzz_must(err.status == PL_NOMEM, "a place, or no memory");
        return;
    }

    fuzz_result(&result);
    fuzz_must(result.outcome != PL__OUTCOME__OUTCOME_UNKNOWN,
              "asking is never in doubt");

    if (result.outcome != PL__OUTCOME__OUTCOME_SENT) {
        return;
    }

    fuzz_must(place.url != NULL, "a place has a URL");

    if (place.mime_type != NULL) {
        (void) channel->files->limit(fetch.kind, place.mime_type);
    }

    if (channel->files->get(&fetch, place.url, ar, &request, &home, &err)
        == PL_OK)
    {
        fuzz_must(request.headers == NULL || home
                  || strncasecmp(place.url, "https://graph.facebook.com",
                                 26) == 0
                  || strncasecmp(place.url, "https://lookaside.fbsbx.com",
                                 27) == 0, "the token for known hosts");
        fuzz_must(!home || strncasecmp(place.url, "http://127.0.0.1:", 17)
                           == 0, "home is home");
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static pl_codec_t  *codec;      /* a target has one process, one run */

    bool                 list;
    size_t               n = 0;
    uint8_t              head[FUZZ_HEAD] = { 0 }, *body;
    pl_err_t             err;
    pl_arena_t          *ar;
    pl_answer_t          answer = { 0 };
    pl_status_t          rc;
    Pl__SendResult       result;
    const pl_channel_t  *channel;

    if (codec == NULL) {
        fuzz_must(pl_shapes_codec(&codec, NULL) == PL_OK, "the codec");
    }

    memcpy(head, data, size < FUZZ_HEAD ? size : FUZZ_HEAD);
    size -= size < FUZZ_HEAD ? size : FUZZ_HEAD;

    /* Of its exact size: what is read behind the body is seen. */
    body = malloc(size + 1);
    ar = pl_arena_create(1024, (head[1] & 0x80) != 0
                               ? 1024u * (head[1] & 0x7f) : FUZZ_ARENA_MAX);
    fuzz_must(body != NULL && ar != NULL, "memory");
    memcpy(body, data + FUZZ_HEAD * (size > 0), size);
    body = realloc(body, size > 0 ? size : 1);
    fuzz_must(body != NULL, "memory");

    while (pl_channel_at(n) != NULL) {
        n++;
    }

    answer.status = fuzz_statuses[head[0] % PL_COUNT(fuzz_statuses)];
    answer.body = (pl_str_t) { body, size };
    answer.truncated = (head[2] & 1) != 0;
    answer.wire = (Pl__WireStage) (head[2] / 2 % 5);
    answer.retry_after = (pl_str_t) { head + 4, head[3] % 3 };

    pl__send_result__init(&result);
    channel = pl_channel_at((head[3] / 3) % n);
    list = (head[2] & 0x80) != 0 && channel->listed != NULL;
    rc = list ? channel->listed(codec, &answer, ar, &result, &err)
              : channel->classify(codec, &answer, ar, &result, &err);

    if (rc == PL_OK) {
        fuzz_result(&result);

        if (list) {
            fuzz_listing(&result);
        }

    } else {
        fuzz_must(rc == PL_NOMEM && err.status == PL_NOMEM,
                  "an outcome, or no memory");
    }

    fuzz_place(pl_channel_at((head[3] / 3) % n), codec, &answer, ar);

    pl_arena_destroy(ar);
    free(body);

    return 0;
}
