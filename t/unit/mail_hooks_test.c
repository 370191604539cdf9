/*
 * Webhooks that bring mail, of Mailgun and of SendGrid: who may call, and
 * what they become. Forms: at their limit, and one past it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../src/channel/smtp.h"
#include "../../src/core/str.h"
#include "../../src/engine/shapes.h"

#define ID     "p.17.5eed0001.aaaabbbbccccdddd@acme.example"


typedef struct {
    pl_codec_t     *codec;
    pl_arena_t     *ar;
    pl_decoded_t    out;
    pl_err_t        err;
} test_t;


static int
setup(void **state)
{
    test_t  *t = test_calloc(1, sizeof(*t));

    assert_int_equal(pl_shapes_codec(&t->codec, &t->err), PL_OK);
    t->ar = pl_arena_create(64 * 1024, 32 * 1024 * 1024);
    *state = t;

    return t->ar != NULL ? 0 : -1;
}


static int
teardown(void **state)
{
    test_t  *t = *state;

    pl_arena_destroy(t->ar);
    pl_codec_destroy(t->codec);
    test_free(t);

    return 0;
}


/* ---- Mailgun -------------------------------------------------------- */

#define MG_TIME   "1700000000"
#define MG_TOKEN  "1234567890abcdef1234567890abcdef"
#define MG_SIGN   "f8da1c5821e89a95785e04439fed6428646a50b5ded3e88ae827a9cc5" \
                  "2328c5a"
#define MG_JSON   "{\"signature\":{\"timestamp\":\"" MG_TIME "\",\"token\":"   \
                  "\"" MG_TOKEN "\",\"signature\":\"" MG_SIGN "\"},"
#define MG_FORM   "recipient=Support%2B17.aaaabbbbccccdddd%40acme.example"    \
                  "&sender=ana%40example.com&From=Ana+%3Cana%40example.com"   \
                  "%3E&Subject=Re%3A+x&body-plain=hi%0D%0A&Message-Id="       \
                  "%3Cm1%40x%3E&timestamp=" MG_TIME "&token=" MG_TOKEN        \
                  "&signature=" MG_SIGN
#define MG_PART(name, value)                                                  \
    "--b1\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"        \
    value "\r\n"
#define MG_MULTI  MG_PART("recipient", "support@acme.example")                \
                  MG_PART("From", "ana@example.com")                          \
                  MG_PART("Subject", "Gr\xc3\xbc\xc3\x9f" "e")               \
                  MG_PART("body-plain", "hi") MG_PART("timestamp", MG_TIME)   \
                  MG_PART("token", MG_TOKEN) MG_PART("signature", MG_SIGN)    \
                  "--b1\r\nContent-Disposition: form-data; name="            \
                  "\"attachment-1\"; filename=\"a.pdf\"\r\nContent-Type: "    \
                  "application/pdf\r\n\r\nABC\r\n--b1--\r\n"


static pl_status_t
verified(test_t *t, const pl_channel_t *provider, const char *secret,
    const char *body)
{
    pl_mac_t      *mac = pl_mac_create(pl_str_c(secret));
    pl_str_t       pieces[2];
    pl_status_t    rc;
    pl_signed_t    in;
    pl_secrets_t   secrets;

    memset(&secrets, 0, sizeof(secrets));
    memset(&in, 0, sizeof(in));
    secrets.macs = &mac;
    secrets.n_macs = 1;
    pieces[0] = (pl_str_t) { (const uint8_t *) body, strlen(body) / 2 };
    pieces[1] = pl_str_c(body + pieces[0].len);
    in.body = pieces;
    in.n_body = 2;
    rc = provider->verify(&secrets, &in, &t->err);
    pl_mac_destroy(mac);

    return rc;
}


static const Pl__Command *
made(test_t *t, const pl_channel_t *provider, const char *body, size_t n)
{
    assert_int_equal(provider->decode(t->codec, pl_str_c(body), t->ar,
                                      &t->out, &t->err), PL_OK);
    assert_int_equal(t->out.n_commands, n);

    return n == 0 ? NULL : t->out.commands[0];
}


static void
mailgun(void **state)
{
    test_t                    *t = *state;
    const Pl__InboundMessage  *in;
    const Pl__DeliveryStatus  *status;

    assert_int_equal(verified(t, &pl_mailgun, "key-0123456789",
                              MG_JSON "\"event-data\":{}}"), PL_OK);
    assert_int_equal(verified(t, &pl_mailgun, "key-0123456789", MG_FORM),
                     PL_OK);
    assert_int_equal(verified(t, &pl_mailgun, "key-0123456789", MG_MULTI),
                     PL_OK);
    assert_int_equal(verified(t, &pl_mailgun, "key-0123456780", MG_FORM),
                     PL_DENIED);
    assert_int_equal(verified(t, &pl_mailgun, "key-0123456789", "{}"),
                     PL_DENIED);
    assert_int_equal(verified(t, &pl_mailgun, "key-0123456789", ""),
                     PL_DENIED);
    assert_int_equal(verified(t, &pl_mailgun, "key-0123456789",
                              "timestamp=1&token=2&signature=zz"),
                     PL_DENIED);

    in = made(t, &pl_mailgun, MG_FORM, 1)->inbound_message;
    assert_string_equal(in->account, "support@acme.example");
    assert_string_equal(in->from->email, "ana@example.com");
    assert_string_equal(in->provider_id, "m1@x");
    assert_string_equal(in->content->email->text, "hi\r\n");

    in = made(t, &pl_mailgun, MG_MULTI, 1)->inbound_message;
    assert_string_equal(in->provider_id, MG_TOKEN);
    assert_string_equal(in->content->email->subject, "Gr\xc3\xbc\xc3\x9f"
                        "e");
    assert_string_equal(in->content->email->attachments[0]->filename,
                        "a.pdf");
    assert_int_equal(in->content->email->attachments[0]->bytes, 3);

    in = made(t, &pl_mailgun, "recipient=s%40acme.example&token=" MG_TOKEN
              "&body-mime=From%3A%20ana%40example.com%0D%0AMessage-ID%3A%20"
              "%3Craw%40x%3E%0D%0A%0D%0Ahello", 1)->inbound_message;
    assert_string_equal(in->provider_id, "raw@x");
    assert_string_equal(in->content->email->text, "hello");

    status = made(t, &pl_mailgun, MG_JSON "\"event-data\":{\"event\":"
                  "\"failed\",\"timestamp\":1377211256.096436,"
                  "\"severity\":\"permanent\",\"reason\":\"bounce\","
                  "\"recipient\":\"ana@example.com\",\"message\":"
                  "{\"headers\":{\"message-id\":\"" ID "\",\"from\":"
                  "\"Acme <support@acme.example>\"}},\"delivery-status\":"
                  "{\"code\":550,\"message\":\"No\"}}}",
                  1)->delivery_status;
    assert_string_equal(status->status, "failed");
    assert_int_equal(status->message, 17);
    assert_int_equal(status->error->code, 550);
    assert_int_equal(status->time_s, 1377211256);
    assert_true(status->unreachable);

    (void) made(t, &pl_mailgun, MG_JSON "\"event-data\":{\"event\":"
                "\"failed\",\"severity\":\"temporary\",\"message\":"
                "{\"headers\":{\"from\":\"support@acme.example\"}}}}", 0);
    assert_string_equal(made(t, &pl_mailgun, MG_JSON "\"event-data\":"
                "{\"event\":\"unsubscribed\",\"recipient\":"
                "\"ana@example.com\",\"message\":{\"headers\":{\"from\":"
                "\"support@acme.example\"}}}}", 1)->consent_change->word,
                        "stop");
    assert_int_equal(made(t, &pl_mailgun, MG_JSON "\"event-data\":{}}",
                          1)->of_case, PL__COMMAND__OF_UNREADABLE_ITEM);
    assert_int_equal(pl_mailgun.decode(t->codec, PL_STR("a=b"), t->ar,
                                       &t->out, &t->err), PL_INVALID);
}


/* What says of the address that it takes no mail, and what does not. */

static void
hard_and_soft(void **state)
{
    size_t   i;
    test_t  *t = *state;

    static const struct {
        const pl_channel_t  *of;
        const char          *says;      /* of the event */
        bool                 hard;
    } rows[] = {
        { &pl_mailgun, "\"reason\":\"bounce\",\"delivery-status\":"
          "{\"code\":550,\"message\":\"5.1.1 no such user\"}", true },
        { &pl_mailgun, "\"reason\":\"bounce\",\"delivery-status\":"
          "{\"code\":552,\"message\":\"5.2.2 mailbox full\"}", false },
        { &pl_mailgun, "\"reason\":\"bounce\",\"delivery-status\":"
          "{\"code\":550,\"message\":\"5.7.1 not wanted\"}", false },
        { &pl_mailgun, "\"reason\":\"bounce\",\"delivery-status\":"
          "{\"code\":554,\"message\":\"of 5.1.1.9 not\"}", false },
        { &pl_mailgun, "\"reason\":\"suppress-bounce\",\"delivery-status\":"
          "{\"code\":605}", true },
        { &pl_mailgun, "\"reason\":\"suppress-complaint\","
          "\"delivery-status\":{\"code\":607}", false },
        { &pl_mailgun, "\"reason\":\"old\"", false },
        { &pl_sendgrid, "\"event\":\"bounce\",\"type\":\"bounce\","
          "\"status\":\"5.1.1\"", true },
        { &pl_sendgrid, "\"event\":\"bounce\",\"type\":\"bounce\","
          "\"status\":\"5.1.10\"", true },
        { &pl_sendgrid, "\"event\":\"bounce\",\"type\":\"bounce\","
          "\"status\":\"5.0.0\",\"reason\":\"550 5.2.2 full\"", false },
        { &pl_sendgrid, "\"event\":\"bounce\",\"type\":\"bounce\","
          "\"status\":\"5.2.2\"", false },
        { &pl_sendgrid, "\"event\":\"bounce\",\"type\":\"blocked\","
          "\"status\":\"5.1.1\"", false },
        { &pl_sendgrid, "\"event\":\"dropped\",\"reason\":"
          "\"Bounced Address\"", true },
        { &pl_sendgrid, "\"event\":\"dropped\",\"reason\":"
          "\"Unsubscribed Address\"", false },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        assert_int_equal(made(t, rows[i].of, pl_arena_printf(t->ar,
            rows[i].of == &pl_mailgun
            ? MG_JSON "\"event-data\":{\"event\":\"failed\",\"severity\":"
              "\"permanent\",\"message\":{\"headers\":{\"message-id\":\"" ID
              "\",\"from\":\"support@acme.example\"}},%s}}"
            : "[{\"email\":\"ana@example.com\",\"timestamp\":1600112492,"
              "\"parley\":\"" ID "\",\"parley-channel\":"
              "\"support@acme.example\",%s}]", rows[i].says), 1)
            ->delivery_status->unreachable, rows[i].hard);
    }
}


/* A form has so many fields, and no more. */

static void
forms(void **state)
{
    size_t           i;
    char            *body;
    test_t          *t = *state;
    pl_mail_form_t   form;

    body = pl_arena_alloc(t->ar, 4 * PL_MAIL_FIELDS_MAX + 5);

    for (i = 0; i <= PL_MAIL_FIELDS_MAX; i++) {
        memcpy(body + 4 * i, "a=b&", 5);
    }

    body[4 * PL_MAIL_FIELDS_MAX] = '\0';
    assert_int_equal(pl_mail_form(pl_str_c(body), t->ar, &form), PL_OK);
    assert_int_equal(form.n, PL_MAIL_FIELDS_MAX);
    assert_false(form.cut);
    body[4 * PL_MAIL_FIELDS_MAX] = 'a';
    assert_int_equal(pl_mail_form(pl_str_c(body), t->ar, &form), PL_OK);
    assert_true(form.cut);

    assert_int_equal(pl_mail_form(PL_STR(""), t->ar, &form), PL_OK);
    assert_int_equal(form.n, 0);
    assert_int_equal(pl_mail_form(PL_STR("--"), t->ar, &form), PL_OK);
    assert_int_equal(pl_mail_form(PL_STR("--b"), t->ar, &form), PL_OK);
    assert_int_equal(pl_mail_form(PL_STR("a=%4&b=%zz&=c"), t->ar, &form),
                     PL_OK);
    assert_true(pl_str_eq(pl_mail_form_value(&form, "a"), PL_STR("%4")));
    assert_true(pl_str_eq(pl_mail_form_value(&form, "b"), PL_STR("%zz")));
}


/* ---- SendGrid ------------------------------------------------------- */

static void
sendgrid(void **state)
{
    test_t                    *t = *state;
    const Pl__InboundMessage  *in;
    const Pl__DeliveryStatus  *status;

    in = made(t, &pl_sendgrid,
              MG_PART("headers", "From: Ana <ana@example.com>\nSubject: "
                      "=?utf-8?q?=C3=A9?=\nMessage-ID: <m1@x>\n"
                      "Auto-Submitted: auto-replied\n")
              MG_PART("text", "caf\xe9")
              MG_PART("charsets", "{\"to\":\"UTF-8\",\"text\":"
                      "\"iso-8859-1\"}")
              MG_PART("envelope", "{\"to\":[\"support+1.a@acme.example\"],"
                      "\"from\":\"x@y.z\"}") "--b1--\r\n",
              1)->inbound_message;
    assert_string_equal(in->account, "support@acme.example");
    assert_string_equal(in->content->email->subject, "\xc3\xa9");
    assert_string_equal(in->content->email->text, "caf\xc3\xa9");
    assert_true(in->content->email->automatic);

    in = made(t, &pl_sendgrid, MG_PART("email", "From: ana@example.com\r\n"
              "Message-ID: <raw@x>\r\n\r\nhello") MG_PART("to",
              "s@acme.example") "--b1--\r\n", 1)->inbound_message;
    assert_string_equal(in->provider_id, "raw@x");

    status = made(t, &pl_sendgrid, "[{\"email\":\"ana@example.com\","
                  "\"event\":\"bounce\",\"status\":\"5.1.1\",\"type\":"
                  "\"bounce\",\"timestamp\":1600112492,\"parley\":\"" ID
                  "\",\"parley-channel\":\"support@acme.example\"},"
                  "{\"event\":\"processed\"},{\"event\":7,\"a\":1},"
                  "{\"email\":\"ana@example.com\",\"event\":"
                  "\"spamreport\",\"timestamp\":1600112493,\"smtp-id\":"
                  "\"<" ID ">\",\"parley-channel\":"
                  "\"support@acme.example\"}]", 3)->delivery_status;
    assert_string_equal(status->status, "failed");
    assert_int_equal(status->error->code, 511);
    assert_int_equal(status->time_s, 1600112492);
    assert_true(status->unreachable);
    assert_int_equal(t->out.commands[1]->delivery_status->message, 17);
    assert_string_equal(t->out.commands[1]->delivery_status->provider_id,
                        ID);
    assert_string_equal(t->out.commands[2]->consent_change->word, "stop");
    assert_int_equal(pl_sendgrid.decode(t->codec, PL_STR("[{"), t->ar,
                                        &t->out, &t->err), PL_INVALID);
    assert_int_equal(pl_sendgrid.decode(t->codec, PL_STR(""), t->ar,
                                        &t->out, &t->err), PL_INVALID);
}


/* The vector of provider-facts 8.3, its body with CR LF behind it. */

#define SG_KEY   "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ" \
                 "/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6" \
                 "wEA3F+g=="
#define SG_SIGN  "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDW" \
                 "zM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
#define SG_TIME  "1600112502"
#define SG_BODY  "[{\"email\":\"hello@world.com\",\"event\":\"dropped\"," \
                 "\"reason\":\"Bounced Address\",\"sg_event_id\":"          \
                 "\"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA\"," \
                 "\"sg_message_id\":\"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-"  \
                 "p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0\",\"smtp-id\":"   \
                 "\"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>"  \
                 "\",\"timestamp\":1600112492}]\r\n"

static pl_status_t
events(test_t *t, const char *time, const char *sign, const char *body,
    size_t cut)
{
    pl_mac_t      *mac = pl_mac_create(PL_STR(SG_KEY));
    pl_sign_t     *key = pl_sendgrid.key(PL_STR(SG_KEY));
    pl_str_t       pieces[2];
    pl_signed_t    in;
    pl_status_t    rc;
    pl_secrets_t   secrets;

    memset(&secrets, 0, sizeof(secrets));
    memset(&in, 0, sizeof(in));
    assert_non_null(key);
    secrets.macs = &mac;
    secrets.keys = &key;
    secrets.n_macs = 1;
    pieces[0] = (pl_str_t) { (const uint8_t *) body, cut };
    pieces[1] = pl_str_c(body + cut);
    in.body = pieces;
    in.n_body = pieces[1].len == 0 ? 1 : 2;
    in.beside = pl_str_c(sign);
    in.stamp = pl_str_c(time);
    rc = pl_sendgrid.verify(&secrets, &in, &t->err);
    pl_mac_destroy(mac);
    pl_sign_destroy(key);

    return rc;
}


static void
sendgrid_signed(void **state)
{
    test_t        *t = *state;
    const char    *body = SG_BODY;
    size_t         n = strlen(body), i;

    assert_int_equal(events(t, SG_TIME, SG_SIGN, body, n), PL_OK);

    for (i = 1; i < n; i++) {
        assert_int_equal(events(t, SG_TIME, SG_SIGN, body, i), PL_OK);
    }

    assert_int_equal(events(t, "1600112503", SG_SIGN, body, n), PL_DENIED);
    assert_int_equal(events(t, SG_TIME, SG_SIGN, body, n - 2), PL_OK);
    assert_int_equal(events(t, SG_TIME, SG_SIGN, "[]\r\n", 4), PL_DENIED);
    assert_int_equal(events(t, SG_TIME, "", body, n), PL_DENIED);
    assert_int_equal(events(t, "", SG_SIGN, body, n), PL_DENIED);
    assert_int_equal(events(t, SG_TIME, "!", body, n), PL_DENIED);
    assert_int_equal(events(t, SG_TIME, "AAAA", body, n), PL_DENIED);

    /* a form is not signed: name and password */

    assert_int_equal(events(t, SG_TIME, SG_SIGN, "a=b", 3), PL_DENIED);

    assert_null(pl_sendgrid.key(PL_STR("user:password")));
    assert_null(pl_sendgrid.key(PL_STR("AAAA")));
    assert_null(pl_sendgrid.key(PL_STR("")));
}


/* As it was signed at now - said seconds ago. */

static pl_status_t
timely(test_t *t, int64_t ago)
{
    pl_mac_t      *mac = pl_mac_create(PL_STR("key-0123456789"));
    pl_str_t       body = PL_STR(MG_FORM);
    pl_status_t    rc;
    pl_signed_t    in;
    pl_secrets_t   secrets;

    memset(&secrets, 0, sizeof(secrets));
    memset(&in, 0, sizeof(in));
    secrets.macs = &mac;
    secrets.n_macs = 1;
    in.body = &body;
    in.n_body = 1;
    in.now_s = 1700000000 + ago;
    rc = pl_mailgun.verify(&secrets, &in, &t->err);
    pl_mac_destroy(mac);

    return rc;
}


static void
mailgun_time(void **state)
{
    test_t  *t = *state;

    assert_int_equal(timely(t, 0), PL_OK);
    assert_int_equal(timely(t, 12 * 3600), PL_OK);
    assert_int_equal(timely(t, 12 * 3600 + 1), PL_DENIED);
    assert_int_equal(timely(t, -300), PL_OK);
    assert_int_equal(timely(t, -301), PL_DENIED);
    (void) made(t, &pl_mailgun, MG_FORM, 1);
    assert_string_equal(t->out.token, MG_TOKEN);
}


static void
postmark_refusal(void **state)
{
    test_t                   *t = *state;
    const Pl__ConsentChange  *change;

    change = made(t, &pl_postmark, "{\"RecordType\":\"Bounce\",\"Type\":"
                  "\"Unsubscribe\",\"Email\":\"ana@example.com\",\"From\":"
                  "\"support@acme.example\",\"Metadata\":{\"parley\":\"" ID
                  "\"}}", 1)->consent_change;
    assert_string_equal(change->word, "stop");
    assert_string_equal(change->from->email, "ana@example.com");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(mailgun, setup, teardown),
        cmocka_unit_test_setup_teardown(forms, setup, teardown),
        cmocka_unit_test_setup_teardown(sendgrid, setup, teardown),
        cmocka_unit_test_setup_teardown(sendgrid_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(hard_and_soft, setup, teardown),
        cmocka_unit_test_setup_teardown(mailgun_time, setup, teardown),
        cmocka_unit_test_setup_teardown(postmark_refusal, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("mail_hooks", tests, NULL, NULL);
}
