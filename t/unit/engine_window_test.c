/*
 * The engine: windows. What opens one, how long it stays open, and the 72
 * hours of a free entry point.
 */

#include "engine.h"

#define HOUR  (3600LL * 1000)


static Pl__Conversation *
conversation(t_engine_t *t)
{
    return (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
}


/* What docs/windows.md has as its table. */

static void
the_table_says_what_opens(void **state)
{
    size_t       i;
    Pl__Content  content;

    static const struct {
        pl_window_e  from;
        const char  *type;
        const char  *raw;
        bool         opens;
        int          of;
    } rows[] = {
        { PL_WINDOW_LIVE, "text", NULL, true, 0 },
        { PL_WINDOW_LIVE, "image", "{}", true, 0 },
        { PL_WINDOW_LIVE, "video", "{}", true, 0 },
        { PL_WINDOW_LIVE, "audio", "{}", true, 0 },
        { PL_WINDOW_LIVE, "voice", "{}", true, 0 },
        { PL_WINDOW_LIVE, "document", "{}", true, 0 },
        { PL_WINDOW_LIVE, "sticker", "{}", true, 0 },
        { PL_WINDOW_LIVE, "location", "{}", true, 0 },
        { PL_WINDOW_LIVE, "contacts", "{}", true, 0 },
        { PL_WINDOW_LIVE, "button", NULL, true, 0 },
        { PL_WINDOW_LIVE, "interactive", NULL, true, 0 },
        { PL_WINDOW_LIVE, "interactive", NULL, true,
          PL__CONTENT__OF_FORM_REPLY },
        { PL_WINDOW_LIVE, "interactive", NULL, false,
          PL__CONTENT__OF_CALL_PERMISSION },
        { PL_WINDOW_LIVE, "interactive", NULL, false,
          PL__CONTENT__OF_UNSUPPORTED },
        { PL_WINDOW_LIVE, "order", "{}", true, 0 },
        { PL_WINDOW_LIVE, "reaction", "{}", false, 0 },
        { PL_WINDOW_LIVE, "system", "{}", false, 0 },
        { PL_WINDOW_LIVE, "unsupported", "{}", false, 0 },
        { PL_WINDOW_LIVE, "unknown", "{}", false, 0 },
        { PL_WINDOW_LIVE, "edit", "{}", false, 0 },
        { PL_WINDOW_LIVE, "revoke", "{}", false, 0 },
        { PL_WINDOW_LIVE, "request_welcome", "{}", false, 0 },
        { PL_WINDOW_LIVE, "not_invented_yet", "{}", false, 0 },
        { PL_WINDOW_GROUP, "text", NULL, true, 0 },
        { PL_WINDOW_GROUP, "reaction", "{}", false, 0 },
        { PL_WINDOW_ECHO, "text", NULL, false, 0 },
        { PL_WINDOW_HISTORY, "text", NULL, false, 0 },
    };

    (void) state;

    for (i = 0; i < PL_COUNT(rows); i++) {
        pl__content__init(&content);
        content.type = (char *) rows[i].type;
        content.of_case = (Pl__Content__OfCase) rows[i].of;

        if (rows[i].raw != NULL) {
            content.has_raw = 1;
            content.raw.data = (uint8_t *) rows[i].raw;
            content.raw.len = strlen(rows[i].raw);
        }

        if (pl_window_opens(rows[i].from, &content) != rows[i].opens) {
            fail_msg("row %zu, %s: not as it should be", i, rows[i].type);
        }
    }
}


/* A reaction after the window has ended opens none; a text does. */

static void
a_reaction_opens_no_window(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    (void) t_items(&t, "messages",
        "{\"from\":\"34600000001\",\"id\":\"wamid.R\",\"timestamp\":"
        "\"1760000000\",\"type\":\"reaction\",\"reaction\":{\"message_id\":"
        "\"wamid.X\",\"emoji\":\"+\"}}");
    t_fold(&t);
    assert_int_equal(conversation(&t)->n_windows, 0);
    assert_int_equal(conversation(&t)->unread, 1);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000, "one");
    t_fold(&t);
    assert_int_equal(conversation(&t)->n_windows, 1);
    t_close(&t);
}


static void
a_window_never_moves_back_and_never_runs_ahead(void **state)
{
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    t_text(&t, "34600000001", "wamid.A", T_NOW / 1000 - 60, "one");
    t_fold(&t);
    assert_int_equal(conversation(&t)->windows[0]->until_ms,
                     T_NOW - 60000 + 24 * HOUR);

    /* a late one, and one from a clock that runs ahead */

    t_text(&t, "34600000001", "wamid.B", T_NOW / 1000 - 7200, "two");
    t_fold(&t);
    assert_int_equal(conversation(&t)->windows[0]->until_ms,
                     T_NOW - 60000 + 24 * HOUR);
    t_text(&t, "34600000001", "wamid.C", T_NOW / 1000 + 7200, "three");
    t_fold(&t);
    assert_int_equal(conversation(&t)->windows[0]->until_ms,
                     T_NOW + 24 * HOUR);
    assert_int_equal(conversation(&t)->n_windows, 1);
    t_close(&t);
}


/* The message that an ad led to, and the answer to it on the wire. */

static uint64_t
referred(t_engine_t *t, uint64_t *effect, uint64_t *epoch)
{
    uint64_t             effects[64];
    Pl__Text             text = PL__TEXT__INIT;
    Pl__Sender           from = PL__SENDER__INIT;
    Pl__Content          content = PL__CONTENT__INIT;
    Pl__Context          context = PL__CONTEXT__INIT;
    Pl__Command          command = PL__COMMAND__INIT;
    Pl__Referral         referral = PL__REFERRAL__INIT;
    Pl__InboundMessage   in = PL__INBOUND_MESSAGE__INIT;
    Pl__AttemptRecord   *attempt;

    text.body = (char *) "hello";
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &text;
    from.phone = (char *) "34600000001";
    in.account = (char *) T_ACCOUNT;
    in.from = &from;
    in.provider_id = (char *) "wamid.AD";
    in.time_s = t->wall_ms / 1000;
    in.content = &content;
    context.referral = &referral;
    in.context = &context;
    command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    command.inbound_message = &in;

    *epoch = t_sender(t, true, NULL);
    (void) t_told(t, &command);
    t_fold(t);
    assert_int_equal(t_attempt(t, *epoch, effects), 1);
    *effect = effects[0];
    attempt = (Pl__AttemptRecord *) t_row(t, PL_TABLE_ATTEMPTS, 0,
                                          &pl__attempt_record__descriptor);

    return attempt->effect->send_message->message;
}


static void
an_answer_to_an_ad_begins_72_hours(void **state)
{
    uint64_t           id, effect, epoch;
    t_engine_t         t;
    Pl__Conversation  *conv;

    (void) state;
    t_open(&t);
    t_configure(&t);
    id = referred(&t, &effect, &epoch);
    assert_true(t_message(&t, 1)->entry_point);
    conv = conversation(&t);
    assert_int_equal(conv->windows[0]->referral_ms, T_NOW);
    assert_int_equal(pl_window_free_until(conv, 1, conv->windows[0]->contact),
                     0);

    /* from when it was sent, not from when it was written */

    t_pass(&t, 2 * HOUR);
    (void) t_status(&t, "sent", id, t.wall_ms / 1000);
    t_fold(&t);
    conv = conversation(&t);
    assert_int_equal(conv->windows[0]->free_ms, T_NOW + 74 * HOUR);
    assert_false(conv->windows[0]->has_referral_ms);

    /* both times are kept, and a later status moves neither */

    assert_int_equal(conv->windows[0]->until_ms, T_NOW + 24 * HOUR);
    t_pass(&t, HOUR);
    (void) t_status(&t, "read", id, t.wall_ms / 1000);
    t_fold(&t);
    conv = conversation(&t);
    assert_int_equal(conv->windows[0]->free_ms, T_NOW + 74 * HOUR);
    assert_int_equal(pl_conversation_until(conv, 1,
                                           conv->windows[0]->contact),
                     T_NOW + 24 * HOUR);
    t_close(&t);
}


static void
an_answer_after_24_hours_begins_nothing(void **state)
{
    uint64_t    id, effect, epoch;
    t_engine_t  t;

    (void) state;
    t_open(&t);
    t_configure(&t);
    id = referred(&t, &effect, &epoch);
    t_pass(&t, 24 * HOUR);
    (void) t_status(&t, "sent", id, t.wall_ms / 1000);
    t_fold(&t);
    assert_false(conversation(&t)->windows[0]->has_free_ms);

    /* nor does one that failed */

    t_close(&t);
    t_open(&t);
    t_configure(&t);
    id = referred(&t, &effect, &epoch);
    (void) t_status(&t, "failed", id, t.wall_ms / 1000);
    t_fold(&t);
    assert_false(conversation(&t)->windows[0]->has_free_ms);
    t_close(&t);
}


static void
the_provider_says_until_when(void **state)
{
    uint64_t            id, effect, epoch;
    t_engine_t          t;
    Pl__Command         command = PL__COMMAND__INIT;
    Pl__DeliveryStatus  in = PL__DELIVERY_STATUS__INIT;

    (void) state;
    t_open(&t);
    t_configure(&t);
    id = referred(&t, &effect, &epoch);
    in.account = (char *) T_ACCOUNT;
    in.provider_id = (char *) "wamid.OUT";
    in.status = (char *) "sent";
    in.time_s = T_NOW / 1000;
    in.has_message = 1;
    in.mark = t_mark(&t);
    in.message = id;
    in.origin = (char *) "referral_conversion";
    in.has_conversation_expires_s = 1;
    in.conversation_expires_s = T_NOW / 1000 + 71 * 3600;
    command.of_case = PL__COMMAND__OF_DELIVERY_STATUS;
    command.delivery_status = &in;
    (void) t_told(&t, &command);
    t_fold(&t);
    assert_int_equal(conversation(&t)->windows[0]->free_ms,
                     T_NOW + 71 * HOUR);

    in.status = (char *) "delivered";
    in.conversation_expires_s = T_NOW / 1000 + 1000 * 3600;
    (void) t_told(&t, &command);
    t_fold(&t);
    assert_int_equal(conversation(&t)->windows[0]->free_ms,
                     T_NOW + 72 * HOUR);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_table_says_what_opens),
        cmocka_unit_test(a_reaction_opens_no_window),
        cmocka_unit_test(a_window_never_moves_back_and_never_runs_ahead),
        cmocka_unit_test(an_answer_to_an_ad_begins_72_hours),
        cmocka_unit_test(an_answer_after_24_hours_begins_nothing),
        cmocka_unit_test(the_provider_says_until_when),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
