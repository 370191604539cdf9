/*
 * Mail as a channel: what can be said and how it is handed over, what a
 * relay's replies mean, and what Postmark's webhooks become. Other providers'
 * are in mail_hooks_test.c.
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
#define EVENT  "\"MessageID\":\"pm-1\",\"Recipient\":\"Ana@example.com\","    \
               "\"Metadata\":{\"parley\":\"" ID "\","                         \
               "\"parley-channel\":\"support@acme.example\"}"
#define MAIL   "\"From\":\"Ana@example.com\",\"FromName\":\"Ana\","           \
               "\"To\":\"x@y.z\",\"MessageID\":\"pm-1\","                     \
               "\"OriginalRecipient\":\"Support+17.aaaabbbbccccdddd@"         \
               "acme.example\",\"Subject\":\"Re: x\",\"TextBody\":\"hi\","    \
               "\"Date\":\"Thu, 5 Apr 2026 16:59:01 +0200\""


typedef struct {
    pl_codec_t            *codec;
    pl_arena_t            *ar;
    Pl__ChannelSettings    channel;
    Pl__Message            message;
    Pl__Address            address;
    Pl__Content            content;
    Pl__Email              email;
    Pl__Text               text;
    Pl__Media              media[PL_MAIL_FILES_MAX + 1];
    Pl__Media             *files[PL_MAIL_FILES_MAX + 1];
    pl_send_t              send;
    pl_request_t           request;
    pl_decoded_t           out;
    pl_err_t               err;
} test_t;


static int
setup(void **state)
{
    size_t   i;
    test_t  *t = test_calloc(1, sizeof(*t));

    assert_int_equal(pl_shapes_codec(&t->codec, &t->err), PL_OK);
    t->ar = pl_arena_create(64 * 1024, 32 * 1024 * 1024);

    pl__channel_settings__init(&t->channel);
    t->channel.account = (char *) "support@acme.example";
    t->channel.from_name = (char *) "Acme";
    t->channel.api_base_url = (char *) "smtp://127.0.0.1:587";
    t->channel.user = (char *) "acme";

    pl__address__init(&t->address);
    t->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    t->address.value = (char *) "ana@example.com";

    pl__email__init(&t->email);
    t->email.subject = (char *) "Your order";
    t->email.text = (char *) "Hello";
    pl__text__init(&t->text);
    t->text.body = (char *) "Hello\nthere";

    for (i = 0; i < PL_COUNT(t->files); i++) {
        t->files[i] = &t->media[i];
        pl__media__init(t->files[i]);
        t->media[i].file = (char *) "00112233445566778899aabbccddeeff"
                                    "00112233445566778899aabbccddeeff";
        t->media[i].has_bytes = 1;
        t->media[i].bytes = 3;
    }

    t->email.attachments = t->files;
    pl__content__init(&t->content);
    t->content.type = (char *) "email";
    t->content.of_case = PL__CONTENT__OF_EMAIL;
    t->content.email = &t->email;
    pl__message__init(&t->message);
    t->message.address = &t->address;
    t->message.content = &t->content;
    t->message.has_author = 1;

    memset(&t->send, 0, sizeof(t->send));
    t->send.channel = &t->channel;
    t->send.message = &t->message;
    t->send.message_id = 17;
    t->send.mark = "5eed0001";
    t->send.token = PL_STR("secret");
    t->send.proof = "aaaabbbbccccdddd";
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


static pl_status_t
build(test_t *t)
{
    memset(&t->request, 0, sizeof(t->request));

    return pl_smtp.build(t->codec, &t->send, t->ar, &t->request, &t->err);
}


static bool
says(const test_t *t, const char *text)
{
    return memmem(t->request.body.data, t->request.body.len, text,
                  strlen(text)) != NULL;
}


static void
refused(test_t *t, const char *path)
{
    assert_int_equal(build(t), PL_INVALID);
    assert_string_equal(t->err.path, path);
}


/* ---- out ------------------------------------------------------------ */

static void
handed_over(void **state)
{
    test_t  *t = *state;

    assert_int_equal(build(t), PL_OK);
    assert_string_equal(t->request.method, "MAIL");
    assert_string_equal(t->request.url, "smtp://127.0.0.1:587/acme.example");
    assert_string_equal(t->request.mail_from, "support@acme.example");
    assert_string_equal(t->request.mail_to, "ana@example.com");
    assert_string_equal(t->request.mail_id, ID);
    assert_string_equal(t->request.user, "acme");
    assert_null(t->request.mail);
    assert_true(says(t, "Message-ID: <" ID ">\r\n"));
    assert_true(says(t, "Reply-To: support+17.aaaabbbbccccdddd@"));
    assert_false(says(t, "Auto-Submitted"));
    assert_false(says(t, "List-Unsubscribe"));
    assert_false(says(t, "secret"));

    /* a name of its own, or none */

    t->channel.user = NULL;
    assert_int_equal(build(t), PL_OK);
    assert_string_equal(t->request.user, "support@acme.example");
    t->send.token = PL_STR_NULL;
    assert_int_equal(build(t), PL_OK);
    assert_null(t->request.user);

    /* a flow's text, in a thread, to where answers go */

    t->message.has_author = 0;
    t->content.of_case = PL__CONTENT__OF_TEXT;
    t->content.text = &t->text;
    t->channel.reply_address = (char *) "in@in.acme.example";
    assert_int_equal(build(t), PL_OK);
    assert_true(says(t, "Subject: Hello\r\n"));
    assert_true(says(t, "Reply-To: in+17.aaaabbbbccccdddd@in.acme"));
    assert_true(says(t, "Auto-Submitted: auto-generated"));

    t->message.has_category = 1;
    t->message.category = PL__CATEGORY__CATEGORY_MARKETING;
    assert_int_equal(build(t), PL_OK);
    assert_true(says(t, "List-Unsubscribe: <mailto:in+17."));
    assert_false(says(t, "List-Unsubscribe-Post"));

    t->send.unsubscribe = "https://gw.example.com/u?1.1.4.x";
    assert_int_equal(build(t), PL_OK);
    assert_true(says(t, "List-Unsubscribe: <https://gw.example.com/u?"));
    assert_true(says(t, "List-Unsubscribe-Post: "
                        "List-Unsubscribe=One-Click\r\n"));

    /* a campaign's is marketing, unless it says that it is not */

    t->message.has_category = 0;
    t->message.campaign = 1;
    assert_int_equal(build(t), PL_OK);
    assert_true(says(t, "List-Unsubscribe-Post"));

    t->message.has_category = 1;
    t->message.category = PL__CATEGORY__CATEGORY_UTILITY;
    assert_int_equal(build(t), PL_OK);
    assert_false(says(t, "List-Unsubscribe"));
}


static void
limits(void **state)
{
    test_t  *t = *state;

    t->email.n_attachments = PL_MAIL_FILES_MAX;
    assert_int_equal(build(t), PL_OK);
    assert_non_null(t->request.mail);
    t->email.n_attachments = PL_MAIL_FILES_MAX + 1;
    refused(t, "content.email.attachments");

    t->email.n_attachments = 2;
    t->media[0].bytes = PL_SMTP_FILES_BYTES_MAX - 3;
    assert_int_equal(build(t), PL_OK);
    t->media[0].bytes++;
    refused(t, "content.email.attachments");
    t->media[0].bytes = 3;
    t->media[1].file = (char *) "../../etc/passwd";
    refused(t, "content.email.attachments");
    t->email.n_attachments = 0;

    t->email.subject = (char *) "a\nBcc: x@y.z";
    refused(t, "content.email.subject");
    t->email.subject = (char *) "a";
    t->email.text = NULL;
    refused(t, "content.email.text");
    t->email.text = (char *) "a";
    t->content.of_case = PL__CONTENT__OF_LOCATION;
    refused(t, "content.type");
    t->content.of_case = PL__CONTENT__OF_EMAIL;

    t->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    refused(t, "address");
    t->address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_EMAIL;
    t->channel.api_base_url = (char *) "http://127.0.0.1";
    refused(t, "channel.server");
    t->channel.api_base_url = (char *) "smtp://a@b";
    refused(t, "channel.server");
    t->channel.api_base_url = (char *) "smtps://relay.example";
    assert_int_equal(build(t), PL_OK);
    t->channel.account = (char *) "support";
    refused(t, "channel.account");
    t->message.content = NULL;
    assert_int_equal(pl_smtp_check(&t->message, &t->err), PL_INVALID);
}


static void
replies(void **state)
{
    size_t           i;
    test_t          *t = *state;
    pl_answer_t      answer;
    Pl__SendResult   out;

    static const struct {
        int            status;
        const char    *text;
        Pl__Outcome    outcome;
        int            code;
    } rows[] = {
        { 250, "250 OK", PL__OUTCOME__OUTCOME_SENT, 0 },
        { 421, "421 4.3.2 bye", PL__OUTCOME__OUTCOME_RETRY, 432 },
        { 450, "450 busy", PL__OUTCOME__OUTCOME_RETRY, 450 },
        { 452, "452 4.2.2 full", PL__OUTCOME__OUTCOME_RETRY, 422 },
        { 499, "499", PL__OUTCOME__OUTCOME_RETRY, 499 },
        { 530, "530 5.7.0 who", PL__OUTCOME__OUTCOME_ACCOUNT, 570 },
        { 535, "535 no", PL__OUTCOME__OUTCOME_ACCOUNT, 535 },
        { 538, "538 no", PL__OUTCOME__OUTCOME_ACCOUNT, 538 },
        { 550, "550 5.1.1 none", PL__OUTCOME__OUTCOME_PERMANENT, 511 },
        { 552, "552 5.3.4 big", PL__OUTCOME__OUTCOME_PERMANENT, 534 },
        { 554, "554 policy", PL__OUTCOME__OUTCOME_PERMANENT, 554 },
        { 354, "354 go", PL__OUTCOME__OUTCOME_UNKNOWN, 354 },
        { 999, "", PL__OUTCOME__OUTCOME_UNKNOWN, 999 },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        memset(&answer, 0, sizeof(answer));
        pl__send_result__init(&out);
        answer.status = rows[i].status;
        answer.body = pl_str_c(rows[i].text);
        assert_int_equal(pl_smtp.classify(t->codec, &answer, t->ar, &out,
                                          NULL), PL_OK);
        assert_int_equal(out.outcome, rows[i].outcome);
        assert_int_equal(out.has_code ? out.code : 0, rows[i].code);
        assert_int_equal(out.unreachable, rows[i].code == 511);
    }

    memset(&answer, 0, sizeof(answer));
    answer.wire = PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;
    assert_int_equal(pl_smtp.classify(t->codec, &answer, t->ar, &out, NULL),
                     PL_OK);
    assert_int_equal(out.outcome, PL__OUTCOME__OUTCOME_RETRY);
    answer.wire = PL__WIRE_STAGE__WIRE_STAGE_LEAVING;
    assert_int_equal(pl_smtp.classify(t->codec, &answer, t->ar, &out, NULL),
                     PL_OK);
    assert_int_equal(out.outcome, PL__OUTCOME__OUTCOME_UNKNOWN);
}


/* ---- in ------------------------------------------------------------- */

static const Pl__Command *
decoded(test_t *t, const char *json, size_t n)
{
    assert_int_equal(pl_postmark.decode(t->codec, pl_str_c(json), t->ar,
                                        &t->out, &t->err), PL_OK);
    assert_int_equal(t->out.n_commands, n);

    return n == 0 ? NULL : t->out.commands[0];
}


static void
mail_comes_in(void **state)
{
    test_t                    *t = *state;
    const Pl__InboundMessage  *in;

    in = decoded(t, "{" MAIL ",\"Headers\":[{\"Name\":\"Message-ID\","
                    "\"Value\":\"<m1@x>\"},{\"Name\":\"In-Reply-To\","
                    "\"Value\":\"<" ID ">\"}],\"Attachments\":[{\"Name\":"
                    "\"a.pdf\",\"ContentType\":\"application/pdf\","
                    "\"ContentLength\":7}]}", 1)->inbound_message;

    assert_string_equal(in->account, "support@acme.example");
    assert_string_equal(in->from->email, "ana@example.com");
    assert_string_equal(in->from->name, "Ana");
    assert_string_equal(in->provider_id, "m1@x");
    assert_string_equal(in->reply_to, ID);
    assert_int_equal(in->time_s, 1775401141);
    assert_string_equal(in->content->email->subject, "Re: x");
    assert_int_equal(in->content->email->n_references, 1);
    assert_int_equal(in->content->email->n_attachments, 1);
    assert_false(in->content->email->automatic);
    assert_false(in->has_opt_out);

    /* its own id, where the mail has none; and a robot's */

    in = decoded(t, "{" MAIL ",\"Headers\":[{\"Name\":\"Precedence\","
                    "\"Value\":\"bulk\"}]}", 1)->inbound_message;
    assert_string_equal(in->provider_id, "pm-1");
    assert_true(in->content->email->automatic);

    /* the last Subject stands for what List-Unsubscribe wrote */

    in = decoded(t, "{\"From\":\"a@b.c\",\"MessageID\":\"pm-2\",\"To\":"
                    "\"support+17.aaaabbbbccccdddd@acme.example\","
                    "\"Subject\":\"unsubscribe\",\"TextBody\":\"\"}",
                 1)->inbound_message;
    assert_int_equal(in->opt_out, PL__OPT_OUT__OPT_OUT_STOP);

    /* ours */

    (void) decoded(t, "{" MAIL ",\"Headers\":[{\"Name\":\"Message-ID\","
                      "\"Value\":\"<" ID ">\"}]}", 0);
    assert_int_equal(t->out.n_ignored, 1);

    /* what is no mail is kept aside */

    assert_int_equal(decoded(t, "{}", 1)->of_case,
                     PL__COMMAND__OF_UNREADABLE_ITEM);
    assert_int_equal(decoded(t, "{\"From\":7}", 1)->of_case,
                     PL__COMMAND__OF_UNREADABLE_ITEM);
    assert_int_equal(pl_postmark.decode(t->codec, PL_STR("{"), t->ar,
                                        &t->out, &t->err), PL_INVALID);
}


static void
events(void **state)
{
    size_t                     i;
    test_t                    *t = *state;
    const Pl__Command         *command;
    const Pl__DeliveryStatus  *status;

    static const struct {
        const char  *more, *word;
        bool         machine;
        size_t       n;
    } rows[] = {
        { "\"RecordType\":\"Delivery\",\"DeliveredAt\":"
          "\"2026-04-05T16:59:01Z\"", "delivered", false, 1 },
        { "\"RecordType\":\"Bounce\",\"Type\":\"HardBounce\",\"TypeCode\":1,"
          "\"BouncedAt\":\"2026-04-05T16:59:01Z\"", "failed", false, 1 },
        { "\"RecordType\":\"Bounce\",\"Type\":\"SoftBounce\","
          "\"BouncedAt\":\"2026-04-05T16:59:01Z\"", "failed", false, 1 },
        { "\"RecordType\":\"Bounce\",\"Type\":\"Transient\"", NULL, false,
          0 },
        { "\"RecordType\":\"Bounce\",\"Type\":\"AutoResponder\"", NULL,
          false, 0 },
        { "\"RecordType\":\"Open\",\"UserAgent\":\"Mozilla/5.0\","
          "\"ReceivedAt\":\"2026-04-05T16:59:01Z\"", "opened", true, 1 },
        { "\"RecordType\":\"Open\",\"UserAgent\":\"Mozilla/5.0 (X11)\","
          "\"ReceivedAt\":\"2026-04-05T16:59:01Z\"", "opened", false, 1 },
        { "\"RecordType\":\"Click\",\"UserAgent\":\"Mozilla/5.0 (X11)\","
          "\"ReceivedAt\":\"2026-04-05T16:59:01Z\"", "clicked", false, 1 },
        { "\"RecordType\":\"SpamComplaint\",\"Email\":\"ana@example.com\","
          "\"BouncedAt\":\"2026-04-05T16:59:01Z\"", "complained", false, 2 },
        { "\"RecordType\":\"Unheard\"", NULL, false, 0 },
    };

    for (i = 0; i < PL_COUNT(rows); i++) {
        command = decoded(t, pl_arena_printf(t->ar, "{" EVENT ",%s}",
                                             rows[i].more), rows[i].n);
        if (command == NULL) {
            assert_int_equal(t->out.n_ignored, 1);
            continue;
        }

        status = command->delivery_status;
        assert_string_equal(status->status, rows[i].word);
        assert_string_equal(status->account, "support@acme.example");
        assert_string_equal(status->provider_id, ID);
        assert_string_equal(status->recipient, "ana@example.com");
        assert_int_equal(status->message, 17);
        assert_string_equal(status->mark, "5eed0001");
        assert_int_equal(status->time_s, 1775408341);
        assert_int_equal(status->machine, rows[i].machine);
        assert_int_equal(status->unreachable,
                         strstr(rows[i].more, "HardBounce") != NULL);
    }

    command = decoded(t, "{\"RecordType\":\"SubscriptionChange\","
                         "\"From\":\"support@acme.example\",\"Recipient\":"
                         "\"ana@example.com\",\"SuppressSending\":true,"
                         "\"ChangedAt\":\"2026-04-05T16:59:01Z\"}", 1);
    assert_string_equal(command->consent_change->word, "stop");
    assert_string_equal(command->consent_change->from->email,
                        "ana@example.com");
    command = decoded(t, "{\"RecordType\":\"SubscriptionChange\","
                         "\"From\":\"support@acme.example\",\"Recipient\":"
                         "\"ana@example.com\",\"SuppressSending\":false}",
                      1);
    assert_string_equal(command->consent_change->word, "resume");
}


static void
who_calls(void **state)
{
    size_t         i;
    test_t        *t = *state;
    pl_mac_t      *macs[2] = { pl_mac_create(PL_STR("old:one")),
                               pl_mac_create(PL_STR("hook:open sesame")) };
    pl_signed_t    in;
    pl_secrets_t   secrets;

    static const struct {
        const char   *value;
        pl_status_t   rc;
    } rows[] = {
        { "Basic aG9vazpvcGVuIHNlc2FtZQ==", PL_OK },
        { "Basic b2xkOm9uZQ==", PL_OK },
        { "Basic b2xkOm90aGVy", PL_DENIED },
        { "Basic ", PL_DENIED },
        { "Basic !!!!", PL_DENIED },
        { "Bearer aG9vazpvcGVuIHNlc2FtZQ==", PL_DENIED },
        { "", PL_DENIED },
    };

    memset(&secrets, 0, sizeof(secrets));
    secrets.macs = macs;
    secrets.n_macs = 2;

    for (i = 0; i < PL_COUNT(rows); i++) {
        memset(&in, 0, sizeof(in));
        in.signature = pl_str_c(rows[i].value);
        assert_int_equal(pl_postmark.verify(&secrets, &in, &t->err),
                         rows[i].rc);
        assert_true(rows[i].rc == PL_OK
                    || strstr(t->err.text, "sesame") == NULL);
    }

    in.signature = PL_STR("Basic b2xkOm9uZQ==");
    assert_int_equal(pl_smtp.verify(&secrets, &in, &t->err), PL_DENIED);
    pl_mac_destroy(macs[0]);
    pl_mac_destroy(macs[1]);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(handed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(limits, setup, teardown),
        cmocka_unit_test_setup_teardown(replies, setup, teardown),
        cmocka_unit_test_setup_teardown(mail_comes_in, setup, teardown),
        cmocka_unit_test_setup_teardown(events, setup, teardown),
        cmocka_unit_test_setup_teardown(who_calls, setup, teardown),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("smtp", tests, NULL, NULL);
}
