/*
 * What every provider keeps, whoever it is: signatures that fail, bodies
 * that are none, one inbound message and one status of each, a send, and
 * what answers become. A new provider gets a row here, and its fixtures'
 * folder.
 *
 * Each fixture's .expect is what `parleyctl decode PROVIDER FILE` prints.
 */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/channel_print.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define TEST_ARENA_MAX  (64u * 1024 * 1024)
#define TEST_FILE_MAX   (1024u * 1024)
#define TEST_PATH_MAX   512

#define SID  "AC00000000000000000000000000000001"
#define OUT(outcome)  PL__OUTCOME__OUTCOME_##outcome


typedef struct {
    const char  *name;
    const char  *account;       /* of a channel */
    const char  *waba_id;
    const char  *secret;
    const char  *url;           /* NULL: not signed */
    const char  *signature;     /* of `text` */
    const char  *text;          /* a body with one message of 31612345678 */
    const char  *status;        /* one that says delivered */
    const char  *extension;     /* of its fixtures */
    const char  *token;         /* the header's line of "secret" */
    const char  *sent;          /* an answer with the id X1 */
    const char  *refused;       /* that says the account is refused */
    const char  *words[5];      /* for: sent, delivered, read, failed */
} test_row_t;

typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
} test_t;


static const test_row_t test_rows[] = {

    { "whatsapp", "106540352242922", "102290129340398", "test_app_secret",
      NULL,
      "sha256="
      "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
      "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
      "\"changes\":[{\"field\":\"messages\",\"value\":{\"metadata\":"
      "{\"phone_number_id\":\"106540352242922\"},\"messages\":[{\"from\":"
      "\"31612345678\",\"id\":\"X0\",\"timestamp\":\"1700000000\",\"type\":"
      "\"text\",\"text\":{\"body\":\"hello\"}}]}}]}]}",
      "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
      "\"changes\":[{\"field\":\"messages\",\"value\":{\"metadata\":"
      "{\"phone_number_id\":\"106540352242922\"},\"statuses\":[{\"id\":"
      "\"X0\",\"status\":\"delivered\",\"timestamp\":\"1700000000\","
      "\"recipient_id\":\"31612345678\"}]}}]}]}",
      ".json", "Authorization: Bearer secret",
      "{\"messages\":[{\"id\":\"X1\"}]}", "{\"error\":{\"code\":190}}",
      { "sent", "delivered", "read", "failed" } },

    { "twilio", SID "/+31620000000", SID, "12345", "https://gw.example.com/t",
      NULL,
      "MessageSid=X0&AccountSid=" SID "&From=%2B31612345678"
      "&To=%2B31620000000&Body=hello",
      "MessageSid=X0&AccountSid=" SID "&From=%2B31620000000"
      "&To=%2B31612345678&MessageStatus=delivered",
      ".form", "Authorization: Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA"
      "wMDAwMTpzZWNyZXQ=",
      "{\"sid\":\"X1\"}", "{\"code\":20003,\"status\":401}",
      { "sent", "delivered", "read", "failed" } },
};


/* Those of mail are no HTTP and no phone; smtp_test.c is their contract. */
static const char *const  test_mail[] = {
    "smtp", "postmark", "mailgun", "sendgrid",
};


static int
setup(void **state)
{
    static test_t  test;

    test.ar = pl_arena_create(65536, TEST_ARENA_MAX);
    assert_non_null(test.ar);
    assert_int_equal(pl_shapes_codec(&test.codec, NULL), PL_OK);
    *state = &test;

    return 0;
}


static int
teardown(void **state)
{
    test_t  *test = *state;

    pl_codec_destroy(test->codec);
    pl_arena_destroy(test->ar);

    return 0;
}


/* Each provider has its row, so that none is without. */

static void
test_all(void **state)
{
    size_t               i;
    const pl_channel_t  *p;

    (void) state;

    for (i = 0; (p = pl_channel_at(i)) != NULL; i++) {
        assert_true(p->address != 0 || i < PL_COUNT(test_rows));
        assert_string_equal(p->name, i < PL_COUNT(test_rows)
                                     ? test_rows[i].name
                                     : test_mail[i - PL_COUNT(test_rows)]);
        assert_ptr_equal(pl_channel_find(pl_str_c(p->name)), p);
        assert_non_null(p->header);
        assert_non_null(p->verify);
        assert_non_null(p->decode);
        assert_non_null(p->check);
        assert_non_null(p->build);
        assert_non_null(p->classify);
        assert_non_null(p->state);
        assert_true((p->list == NULL) == (p->listed == NULL));
        assert_true((p->submit == NULL) == (p->submitted == NULL));
        assert_true(p->uploads == NULL || p->uploads->classify != NULL);
        assert_true(p->files == NULL || p->files->place != NULL);
        assert_true(p->reconcile == NULL
                    || (p->reconcile->list != NULL
                        && p->reconcile->listed != NULL
                        && p->reconcile->files != NULL
                        && p->reconcile->whole != NULL
                        && p->reconcile->says != NULL));
        assert_true(p->accounts == NULL
                    || (p->accounts->ask != NULL
                        && p->accounts->found != NULL
                        && p->accounts->made != NULL));
    }

    assert_int_equal(i, PL_COUNT(test_rows) + PL_COUNT(test_mail));
}


static void
test_signatures(void **state)
{
    size_t               i, k;
    pl_str_t             body;
    pl_mac_t            *mac;
    pl_signed_t          in;
    pl_secrets_t         secrets;
    const test_row_t    *row;
    const pl_channel_t  *p;

    static const char *const  bad[] = {
        "", "x", "sha256=", "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "sha256="
        "0000000000000000000000000000000000000000000000000000000000000000",
    };

    (void) state;

    for (i = 0; (p = pl_channel_at(i))->address == 0; i++) {
        row = &test_rows[i];
        mac = p->mac != NULL ? p->mac(pl_str_c(row->secret))
                             : pl_mac_create(pl_str_c(row->secret));
        assert_non_null(mac);

        memset(&secrets, 0, sizeof(secrets));
        secrets.macs = &mac;
        body = pl_str_c(row->text);

        for (k = 0; k <= PL_COUNT(bad); k++) {
            memset(&in, 0, sizeof(in));
            in.signature = pl_str_c(k < PL_COUNT(bad) ? bad[k]
                                                      : row->signature);
            in.url = pl_str_c(row->url);
            in.body = &body;
            in.n_body = 1;

            secrets.n_macs = 1;
            assert_int_equal(p->verify(&secrets, &in, NULL), PL_DENIED);
            secrets.n_macs = 0;
            assert_int_equal(p->verify(&secrets, &in, NULL), PL_DENIED);
        }

        pl_mac_destroy(mac);
    }
}


static void
test_inbound(void **state)
{
    size_t                     i, k;
    test_t                    *test = *state;
    pl_decoded_t               out;
    const test_row_t          *row;
    const pl_channel_t        *p;
    Pl__MessageState           is;
    Pl__Entry                  entry = PL__ENTRY__INIT;
    const Pl__DeliveryStatus  *status;
    const Pl__InboundMessage  *in;

    static const Pl__MessageState  states[] = {
        PL__MESSAGE_STATE__MESSAGE_STATE_SENT,
        PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED,
        PL__MESSAGE_STATE__MESSAGE_STATE_READ,
        PL__MESSAGE_STATE__MESSAGE_STATE_FAILED,
    };

    entry.has_body = 1;
    entry.time_ms = 1700000000999;

    for (i = 0; (p = pl_channel_at(i))->address == 0; i++) {
        row = &test_rows[i];

        assert_int_not_equal(p->decode(test->codec, PL_STR("\x01"), test->ar,
                                       &out, NULL), PL_OK);

        entry.body.data = (uint8_t *) (uintptr_t) row->text;
        entry.body.len = strlen(row->text);
        assert_int_equal(pl_channel_decode(p, test->codec, &entry, test->ar,
                                           &out, NULL), PL_OK);
        assert_int_equal(out.n_commands, 1);
        in = out.commands[0]->inbound_message;
        assert_string_equal(in->account, row->account);
        assert_string_equal(in->from->phone, "31612345678");
        assert_string_equal(in->provider_id, "X0");
        assert_string_equal(in->content->text->body, "hello");
        assert_int_equal(in->time_s, 1700000000);

        entry.body.data = (uint8_t *) (uintptr_t) row->status;
        entry.body.len = strlen(row->status);
        assert_int_equal(pl_channel_decode(p, test->codec, &entry, test->ar,
                                           &out, NULL), PL_OK);
        assert_int_equal(out.n_commands, 1);
        status = out.commands[0]->delivery_status;
        assert_string_equal(status->account, row->account);
        assert_string_equal(status->provider_id, "X0");
        assert_string_equal(status->recipient, "31612345678");
        assert_int_equal(status->time_s, 1700000000);

        for (k = 0; k < PL_COUNT(states); k++) {
            assert_true(p->state(row->words[k], &is));
            assert_int_equal(is, states[k]);
        }

        assert_false(p->state("no such word", &is));
    }
}


/* Nothing that a person set up brings in a second line. */

static void
test_lines(const test_t *test, const pl_channel_t *p, pl_send_t *send,
    Pl__ChannelSettings *channel)
{
    char          *base = channel->api_base_url;
    size_t         k;
    pl_err_t       err;
    pl_request_t   out;

    static const char *const  tokens[] = { "", "a\r\nb: c", "a b", "\xff" };

    for (k = 0; k < PL_COUNT(tokens); k++) {
        send->token = pl_str_c(tokens[k]);
        assert_int_equal(p->build(test->codec, send, test->ar, &out, &err),
                         PL_INVALID);
        assert_string_equal(err.path, "token");
    }

    send->token = PL_STR("secret");
    channel->api_base_url = (char *) "https://a\r\nb";
    assert_int_equal(p->build(test->codec, send, test->ar, &out, &err),
                     PL_INVALID);
    assert_string_equal(err.path, "channel.api_base_url");
    channel->api_base_url = base;
}


static void
test_send(void **state)
{
    size_t                i;
    test_t               *test = *state;
    Pl__Text              text = PL__TEXT__INIT;
    pl_err_t              err;
    pl_send_t             send;
    Pl__Message           message = PL__MESSAGE__INIT;
    Pl__Content           content = PL__CONTENT__INIT;
    Pl__Address           address = PL__ADDRESS__INIT;
    pl_request_t          out;
    Pl__ChannelSettings   channel = PL__CHANNEL_SETTINGS__INIT;
    const pl_channel_t   *p;

    channel.api_base_url = (char *) "https://api.example.com";
    channel.api_version = (char *) "1";
    text.body = (char *) "hello";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) "31612345678";
    message.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    message.content = &content;
    message.address = &address;

    for (i = 0; (p = pl_channel_at(i))->address == 0; i++) {
        channel.account = (char *) (uintptr_t) test_rows[i].account;

        memset(&send, 0, sizeof(send));
        send.channel = &channel;
        send.message = &message;
        send.message_id = 7;
        send.mark = "ab";
        send.token = PL_STR("secret");

        assert_int_equal(p->check(&message, &err), PL_OK);
        assert_int_equal(p->build(test->codec, &send, test->ar, &out, &err),
                         PL_OK);
        assert_string_equal(out.method, "POST");
        assert_int_equal(strncmp(out.url, "https://api.example.com/1/", 26),
                         0);
        assert_string_equal(out.headers[0], test_rows[i].token);
        assert_non_null(strstr((const char *) out.body.data, "hello"));
        assert_non_null(strstr((const char *) out.body.data, "31612345678"));

        test_lines(test, p, &send, &channel);

        address.value = (char *) "3161\r\n";
        assert_int_equal(p->build(test->codec, &send, test->ar, &out, &err),
                         PL_INVALID);
        address.value = (char *) "31612345678";

        message.content = NULL;
        assert_int_equal(p->check(&message, &err), PL_INVALID);
        message.content = &content;
    }
}


static Pl__Outcome
test_outcome(const test_t *test, const pl_channel_t *p, int status,
    const char *body, bool cut, const char *retry_after, Pl__SendResult *out)
{
    pl_answer_t  answer = { 0 };

    answer.status = status;
    answer.body = pl_str_c(body);
    answer.truncated = cut;
    answer.retry_after = pl_str_c(retry_after);
    answer.wire = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;

    pl__send_result__init(out);
    assert_int_equal(p->classify(test->codec, &answer, test->ar, out, NULL),
                     PL_OK);

    return out->outcome;
}


static void
test_answers(void **state)
{
    size_t               i, k;
    test_t              *test = *state;
    pl_answer_t          none = { 0 };
    Pl__SendResult       out;
    const test_row_t    *row;
    const pl_channel_t  *p;

    static const struct {
        int           status;
        Pl__Outcome   outcome;
    } bare[] = {
        { 200, OUT(UNKNOWN) }, { 202, OUT(UNKNOWN) }, { 301, OUT(ACCOUNT) },
        { 400, OUT(PERMANENT) }, { 401, OUT(ACCOUNT) },
        { 403, OUT(ACCOUNT) }, { 404, OUT(ACCOUNT) }, { 408, OUT(UNKNOWN) },
        { 413, OUT(PERMANENT) }, { 429, OUT(THROTTLE) },
        { 500, OUT(UNKNOWN) }, { 502, OUT(UNKNOWN) }, { 503, OUT(RETRY) },
        { 504, OUT(UNKNOWN) }, { 999, OUT(UNKNOWN) },
    };

    for (i = 0; (p = pl_channel_at(i))->address == 0; i++) {
        row = &test_rows[i];

        assert_int_equal(test_outcome(test, p, 200, row->sent, false, NULL,
                                      &out), OUT(SENT));
        assert_string_equal(out.provider_id, "X1");
        assert_int_equal(test_outcome(test, p, 200, row->sent, true, NULL,
                                      &out), OUT(UNKNOWN));
        assert_int_equal(test_outcome(test, p, 401, row->refused, false,
                                      NULL, &out), OUT(ACCOUNT));
        assert_true(out.has_code);

        for (k = 0; k < PL_COUNT(bare); k++) {
            assert_int_equal(test_outcome(test, p, bare[k].status, "<html>",
                                          false, NULL, &out),
                             bare[k].outcome);
            assert_int_equal(test_outcome(test, p, bare[k].status, "", false,
                                          NULL, &out), bare[k].outcome);
        }

        (void) test_outcome(test, p, 429, "", false, "7", &out);
        assert_int_equal(out.retry_ms, 7000);

        /* what never left may go again; what may have left may not */

        for (none.wire = PL__WIRE_STAGE__WIRE_STAGE_NONE;
             none.wire <= PL__WIRE_STAGE__WIRE_STAGE_ANSWERED; none.wire++)
        {
            pl__send_result__init(&out);
            assert_int_equal(p->classify(test->codec, &none, test->ar, &out,
                                         NULL), PL_OK);
            assert_int_equal(out.outcome,
                             none.wire
                             <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING
                             ? OUT(RETRY) : OUT(UNKNOWN));
        }
    }
}


static pl_str_t
test_file(pl_arena_t *ar, const char *path)
{
    FILE      *file = fopen(path, "rb");
    pl_str_t   text = { NULL, 0 };
    uint8_t   *bytes = pl_arena_alloc(ar, TEST_FILE_MAX);

    if (file != NULL && bytes != NULL) {
        text.data = bytes;
        text.len = fread(bytes, 1, TEST_FILE_MAX, file);
    }

    if (file != NULL) {
        (void) fclose(file);
    }

    return text;
}


static void
test_fixtures(void **state)
{
    DIR                  *dir;
    char                  path[TEST_PATH_MAX], *end;
    size_t                i, n;
    test_t               *test = *state;
    pl_str_t              body, expect, lines;
    pl_decoded_t          out;
    struct dirent        *file;
    const test_row_t     *row;
    const char           *root = getenv("PARLEY_SRC");
    const pl_channel_t   *p;

    root = root != NULL ? root : ".";

    for (i = 0; (p = pl_channel_at(i))->address == 0; i++) {
        row = &test_rows[i];
        n = 0;

        (void) snprintf(path, sizeof(path), "%s/t/fixtures/%s", root,
                        p->name);
        dir = opendir(path);
        assert_non_null(dir);

        while ((file = readdir(dir)) != NULL) {
            pl_arena_reset(test->ar);
            (void) snprintf(path, sizeof(path), "%s/t/fixtures/%s/%s", root,
                            p->name,
                            file->d_name);
            end = strrchr(path, '.');

            if (end == NULL || strcmp(end, row->extension) != 0) {
                continue;
            }

            body = test_file(test->ar, path);
            (void) snprintf(end, sizeof(path) - (size_t) (end - path),
                            ".expect");
            expect = test_file(test->ar, path);

            if (expect.data == NULL) {
                continue;               /* of another suite */
            }

            memset(&out, 0, sizeof(out));
            assert_int_equal(p->decode(test->codec, body, test->ar, &out,
                                       NULL), PL_OK);
            assert_int_equal(pl_channel_print(test->codec, &out, test->ar,
                                              &lines, NULL), PL_OK);

            if (!pl_str_eq(lines, expect)) {
                fail_msg("%s:\n%.*s", path, (int) lines.len,
                         (const char *) lines.data);
            }

            n++;
        }

        (void) closedir(dir);
        assert_true(n >= 10);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_inbound),
        cmocka_unit_test(test_send),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_fixtures),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}
