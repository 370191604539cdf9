/*
 * What contract_test.c asks of those who reach people by phone, of those who
 * do by mail: signatures that fail, bodies that are none, one mail and one
 * status of each, the words of statuses, and what answers become. A new one
 * gets a row here.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/channel.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define ID    "p.17.5eed0001.aaaabbbbccccdddd@acme.example"
#define SIGN  "\"signature\":{\"timestamp\":\"1\",\"token\":\"t\","           \
              "\"signature\":\"s\"},"
#define PART(name, value)                                                     \
    "--b1\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"        \
    value "\r\n"
#define OUT(outcome)  PL__OUTCOME__OUTCOME_##outcome


typedef struct {
    const char  *name;
    const char  *mail;          /* "hi", from ana@example.com to
                                   support@acme.example, with the id m1@x;
                                   NULL: none comes this way */
    const char  *failed;        /* message 17 did */
} test_row_t;

typedef struct {
    pl_codec_t  *codec;
    pl_arena_t  *ar;
} test_t;


static const test_row_t test_rows[] = {

    { "smtp", NULL, NULL },

    { "postmark",
      "{\"From\":\"ana@example.com\",\"To\":\"support@acme.example\","
      "\"OriginalRecipient\":\"support@acme.example\",\"Subject\":\"x\","
      "\"TextBody\":\"hi\",\"MessageID\":\"1\",\"Headers\":[{\"Name\":"
      "\"Message-ID\",\"Value\":\"<m1@x>\"}]}",
      "{\"RecordType\":\"Bounce\",\"Type\":\"HardBounce\",\"TypeCode\":1,"
      "\"MessageID\":\"1\",\"Email\":\"ana@example.com\",\"From\":"
      "\"support@acme.example\",\"BouncedAt\":\"2026-04-05T16:59:01Z\","
      "\"Metadata\":{\"parley\":\"" ID "\"}}" },

    { "mailgun",
      "recipient=support%40acme.example&sender=ana%40example.com&From=ana%40"
      "example.com&Subject=x&body-plain=hi&Message-Id=%3Cm1%40x%3E"
      "&timestamp=1&token=t&signature=s",
      "{" SIGN "\"event-data\":{\"event\":\"failed\",\"timestamp\":1377211256,"
      "\"severity\":\"permanent\",\"recipient\":\"ana@example.com\","
      "\"message\":{\"headers\":{\"message-id\":\"" ID "\",\"from\":"
      "\"support@acme.example\"}},\"delivery-status\":{\"code\":550}}}" },

    { "sendgrid",
      PART("headers", "From: ana@example.com\nSubject: x\nMessage-ID: <m1@x>"
           "\n") PART("text", "hi") PART("envelope", "{\"to\":"
           "[\"support@acme.example\"],\"from\":\"x@y.z\"}") "--b1--\r\n",
      "[{\"email\":\"ana@example.com\",\"event\":\"bounce\",\"status\":"
      "\"5.1.1\",\"type\":\"bounce\",\"timestamp\":1600112492,\"parley\":\"" ID
      "\",\"parley-channel\":\"support@acme.example\"}]" },
};


static int
setup(void **state)
{
    static test_t  test;

    test.ar = pl_arena_create(65536, 64u * 1024 * 1024);
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
    size_t               i, n;
    const pl_channel_t  *p;

    (void) state;

    for (i = 0, n = 0; (p = pl_channel_at(i)) != NULL; i++) {
        if (p->address == PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL) {
            assert_true(n < PL_COUNT(test_rows));
            assert_string_equal(p->name, test_rows[n++].name);
        }
    }

    assert_int_equal(n, PL_COUNT(test_rows));
}


static void
test_signatures(void **state)
{
    size_t               i, k;
    pl_mac_t            *mac = pl_mac_create(PL_STR("a secret"));
    pl_str_t             body;
    pl_signed_t          in;
    pl_secrets_t         secrets;
    const pl_channel_t  *p;

    static const char *const  bad[] = {
        "", "x", "Basic ", "Basic eDp5", "Bearer x",
        "MEUCIQDKyZDq0wl4cQVXqC6NGIwGBiCEoI9DqAGGjbwjVqcE9w==",
    };

    (void) state;
    memset(&secrets, 0, sizeof(secrets));
    secrets.macs = &mac;

    for (i = 0; i < PL_COUNT(test_rows); i++) {
        p = pl_channel_find(pl_str_c(test_rows[i].name));
        body = pl_str_c(test_rows[i].mail != NULL ? test_rows[i].mail : "x");

        for (k = 0; k < 2 * PL_COUNT(bad); k++) {
            memset(&in, 0, sizeof(in));
            in.signature = pl_str_c(bad[k / 2]);
            in.beside = PL_STR("1700000000");
            in.body = &body;
            in.n_body = 1;
            secrets.n_macs = k % 2;
            assert_int_equal(p->verify(&secrets, &in, NULL), PL_DENIED);
        }
    }

    pl_mac_destroy(mac);
}


/* All of it is read in the end, or nothing is, and it says so. */

static void
test_inbound(void **state)
{
    size_t                     i;
    test_t                    *test = *state;
    pl_decoded_t               out;
    Pl__Entry                  entry = PL__ENTRY__INIT;
    const test_row_t          *row;
    const pl_channel_t        *p;
    const Pl__DeliveryStatus  *status;
    const Pl__InboundMessage  *in;

    entry.has_body = 1;
    entry.time_ms = 1700000000999;

    for (i = 0; i < PL_COUNT(test_rows); i++) {
        row = &test_rows[i];
        p = pl_channel_find(pl_str_c(row->name));
        assert_int_not_equal(p->decode(test->codec, PL_STR("\x01"), test->ar,
                                       &out, NULL), PL_OK);

        if (row->mail == NULL) {
            continue;
        }

        entry.body.data = (uint8_t *) (uintptr_t) row->mail;
        entry.body.len = strlen(row->mail);
        assert_int_equal(pl_channel_decode(p, test->codec, &entry, test->ar,
                                           &out, NULL), PL_OK);
        assert_int_equal(out.n_commands, 1);
        in = out.commands[0]->inbound_message;
        assert_string_equal(in->account, "support@acme.example");
        assert_string_equal(in->from->email, "ana@example.com");
        assert_string_equal(in->provider_id, "m1@x");
        assert_string_equal(in->content->email->text, "hi");

        entry.body.data = (uint8_t *) (uintptr_t) row->failed;
        entry.body.len = strlen(row->failed);
        assert_int_equal(pl_channel_decode(p, test->codec, &entry, test->ar,
                                           &out, NULL), PL_OK);
        assert_true(out.n_commands >= 1);
        status = out.commands[0]->delivery_status;
        assert_string_equal(status->account, "support@acme.example");
        assert_string_equal(status->status, "failed");
        assert_int_equal(status->message, 17);
    }
}


static void
test_words(void **state)
{
    size_t               i, k;
    Pl__MessageState     is;
    const pl_channel_t  *p;

    static const struct {
        const char        *word;
        Pl__MessageState   is;
    } rows[] = {
        { "sent", PL__MESSAGE_STATE__MESSAGE_STATE_SENT },
        { "delivered", PL__MESSAGE_STATE__MESSAGE_STATE_DELIVERED },
        { "opened", PL__MESSAGE_STATE__MESSAGE_STATE_READ },
        { "failed", PL__MESSAGE_STATE__MESSAGE_STATE_FAILED },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(test_rows); i++) {
        p = pl_channel_find(pl_str_c(test_rows[i].name));

        for (k = 0; k < PL_COUNT(rows); k++) {
            assert_true(p->state(rows[k].word, &is));
            assert_int_equal(is, rows[k].is);
        }

        assert_false(p->state("no such word", &is));
    }
}


/* One relay sends for all of them: what it says means the same. */

static void
test_answers(void **state)
{
    size_t               i, k;
    test_t              *test = *state;
    pl_answer_t          answer;
    Pl__SendResult       out;
    const pl_channel_t  *p;

    static const struct {
        int            status;
        Pl__WireStage  wire;
        Pl__Outcome    outcome;
    } rows[] = {
        { 250, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, OUT(SENT) },
        { 451, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, OUT(RETRY) },
        { 535, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, OUT(ACCOUNT) },
        { 550, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, OUT(PERMANENT) },
        { 999, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, OUT(UNKNOWN) },
        { 0, PL__WIRE_STAGE__WIRE_STAGE_NOT_BEGUN, OUT(RETRY) },
        { 0, PL__WIRE_STAGE__WIRE_STAGE_CONNECTING, OUT(RETRY) },
        { 0, PL__WIRE_STAGE__WIRE_STAGE_LEAVING, OUT(UNKNOWN) },
        { 0, PL__WIRE_STAGE__WIRE_STAGE_ANSWERED, OUT(UNKNOWN) },
    };

    for (i = 0; i < PL_COUNT(test_rows); i++) {
        p = pl_channel_find(pl_str_c(test_rows[i].name));

        for (k = 0; k < PL_COUNT(rows); k++) {
            memset(&answer, 0, sizeof(answer));
            answer.status = rows[k].status;
            answer.wire = rows[k].wire;
            pl__send_result__init(&out);
            assert_int_equal(p->classify(test->codec, &answer, test->ar,
                                         &out, NULL), PL_OK);
            assert_int_equal(out.outcome, rows[k].outcome);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_inbound),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_answers),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, setup, teardown);
}
