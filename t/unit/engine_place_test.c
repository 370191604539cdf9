/*
 * The engine: tenants and channels that are made while nginx runs, beside
 * those of nginx.conf.
 */

#include "../../src/engine/news.h"
#include "place.h"

/* Who does not fold, and follows. */
static pl_settings_t  *follower;


static int
setup(void **state)
{
    t_engine_t  *t = t_new();

    pl_settings_destroy(follower);
    follower = NULL;

    t_configure(t);
    *state = t;

    return 0;
}


/* One that is read now, and one that has followed what was put. */

static void
they_say_the_same(const pl_settings_t *fresh, const pl_settings_t *own)
{
    size_t                     i;
    const pl_tenant_conf_t    *a, *b;
    const pl_channel_conf_t   *c, *d;

    assert_int_equal(pl_settings_generation(fresh),
                     pl_settings_generation(own));

    for (i = 0; (a = pl_settings_tenant_at(fresh, i)) != NULL; i++) {
        b = pl_settings_tenant_at(own, i);
        assert_non_null(b);
        assert_string_equal(a->row->name, b->row->name);
        assert_int_equal(a->row->removed, b->row->removed);
        assert_int_equal(a->row->rate_per_s, b->row->rate_per_s);
        assert_int_equal(a->n_flows, b->n_flows);
        assert_int_equal(a->like, b->like);
        assert_true((a->terms == NULL) == (b->terms == NULL));
        assert_int_equal(a->terms != NULL && a->terms->has_quiet,
                         b->terms != NULL && b->terms->has_quiet);
        assert_ptr_equal(pl_settings_tenant_named(own,
                             pl_str_c(a->row->name)), b);
    }

    assert_null(pl_settings_tenant_at(own, i));

    for (i = 0; (c = pl_settings_channel_at(fresh, i)) != NULL; i++) {
        d = pl_settings_channel_at(own, i);
        assert_non_null(d);
        assert_string_equal(c->row->name, d->row->name);
        assert_string_equal(c->row->account, d->row->account);
        assert_int_equal(c->row->removed, d->row->removed);
        assert_int_equal(c->row->has_token, d->row->has_token);
        assert_int_equal(c->row->rate_per_s, d->row->rate_per_s);
        assert_int_equal(c->tenant, d->tenant);
        assert_int_equal(c->terms != NULL && c->terms->has_quiet,
                         d->terms != NULL && d->terms->has_quiet);

        c = pl_settings_account(fresh, PL_STR("whatsapp"),
                                pl_str_c(c->row->account));
        d = pl_settings_account(own, PL_STR("whatsapp"),
                                pl_str_c(d->row->account));
        assert_int_equal(c == NULL ? 0 : c->row->id,
                         d == NULL ? 0 : d->row->id);
    }

    assert_null(pl_settings_channel_at(own, i));
}


/* The fold, and whoever looks now and then. */

static void
the_fold_knows_what_the_store_says(t_engine_t *t)
{
    pl_txn_t       *txn = t_read(t);
    pl_settings_t  *fresh;

    t_ok(t, pl_settings_load(&fresh, txn, t->codec, &t->err));
    they_say_the_same(fresh, pl_fold_settings(t->fold));

    t_ok(t, pl_news_follow(&follower, txn, t->codec,
                           pl_settings_generation(fresh), &t->err));
    they_say_the_same(fresh, follower);

    pl_settings_destroy(fresh);
    pl_store_abort(txn);
}


static void
a_tenant_joins_and_is_answered(void **state)
{
    place_t       p;
    t_engine_t   *t = *state;
    Pl__Message  *m;

    hello(t, OTHER, "wamid.0");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 0);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);

    place(&p, "acme", 2, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);

    hello(t, OTHER, "wamid.1");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 2);
    m = t_message(t, 0);
    assert_int_equal(m->tenant, 2);
    assert_int_equal(m->channel, 2);
    m = t_message(t, 1);                /* by the flow of the one it is like */
    assert_int_equal(m->tenant, 2);
    assert_int_equal(m->direction, PL__DIRECTION__DIRECTION_OUT);
    assert_int_equal(t_rows(t, PL_TABLE_OUTBOX), 1);

    hello(t, T_ACCOUNT, "wamid.2");     /* the same person, of another */
    assert_int_equal(t_rows(t, PL_TABLE_CONTACTS), 2);

    /* a publish of the same nginx.conf, and one of another, leave it */

    t_ok(t, t_publish(t, 2, T_FLOW, "main", &(pl_appended_t) { 0 }));
    t_ok(t, t_publish(t, 3, T_FLOW, "more", &(pl_appended_t) { 0 }));
    t_fold(t);
    the_fold_knows_what_the_store_says(t);
    hello(t, OTHER, "wamid.3");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
}


static void
what_is_refused(void **state)
{
    place_t              p;
    t_engine_t          *t = *state;
    Pl__Command          command = PL__COMMAND__INIT;

    place(&p, "demo", 1, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "tenant.configured");
    assert_string_equal(ask_channel(t, &p), "channel.configured");

    place(&p, "acme", 1, "other", T_ACCOUNT);
    assert_string_equal(ask_channel(t, &p), "channel.account");
    p.set_tenant.create = 0;
    assert_string_equal(ask_tenant(t, &p), "tenant.unknown");
    p.set_tenant.create = 1;
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_tenant(t, &p), "tenant.exists");

    p.set_tenant.create = 0;            /* changed: but not whose flows */
    p.tenant.language = (char *) "de";
    assert_string_equal(ask_tenant(t, &p), "");
    p.tenant.like = NULL;
    assert_string_equal(ask_tenant(t, &p), "tenant.like");

    place(&p, "third", 2, "main", OTHER);
    p.tenant.like = (char *) "acme";    /* one that nginx.conf has not */
    assert_string_equal(ask_tenant(t, &p), "tenant.like");
    p.channel.has_token = 0;
    assert_string_equal(ask_channel(t, &p), "channel.token");
    p.set_channel.create = 0;
    assert_string_equal(ask_channel(t, &p), "channel.unknown");
    p.set_channel.tenant = 9;
    assert_string_equal(ask_channel(t, &p), "tenant.unknown");

    /* what nobody asked for under a key is set aside */

    place(&p, "no such name", 0, "x", "y");
    command.of_case = PL__COMMAND__OF_TENANT_SET;
    command.tenant_set = &p.set_tenant;
    (void) t_told(t, &command);
    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    the_fold_knows_what_the_store_says(t);
}


static void
a_tenants_fields_have_their_bounds(void **state)
{
    char          text[PL_PLACE_TEXT_MAX + 2];
    place_t       p;
    t_engine_t   *t = *state;

    memset(text, 'x', sizeof(text));
    text[PL_PLACE_TEXT_MAX + 1] = '\0';

    place(&p, "acme", 1, "second", OTHER);
    p.tenant.stop_text = text;
    assert_string_equal(ask_tenant(t, &p), "stop_text");
    text[PL_PLACE_TEXT_MAX] = '\0';
    assert_string_equal(ask_tenant(t, &p), "");

    place(&p, "b", 1, "second", OTHER);
    p.tenant.help_text = (char *) "two\nlines";
    assert_string_equal(ask_tenant(t, &p), "help_text");
    p.tenant.help_text = NULL;
    p.tenant.language = (char *) "xx";
    assert_string_equal(ask_tenant(t, &p), "language");
    p.tenant.language = NULL;
    p.tenant.time_zone = (char *) "../etc";
    assert_string_equal(ask_tenant(t, &p), "time_zone");
    p.tenant.time_zone = NULL;
    p.tenant.has_weight = 1;
    assert_string_equal(ask_tenant(t, &p), "weight");
    p.tenant.weight = PL_PLACE_WEIGHT_MAX + 1;
    assert_string_equal(ask_tenant(t, &p), "weight");
    p.tenant.weight = PL_PLACE_WEIGHT_MAX;
    p.tenant.has_rate_per_s = 1;
    p.tenant.rate_per_s = PL_PLACE_RATE_MAX + 1;
    assert_string_equal(ask_tenant(t, &p), "rate_per_s");
    p.tenant.rate_per_s = PL_PLACE_RATE_MAX;
    assert_string_equal(ask_tenant(t, &p), "");
    the_fold_knows_what_the_store_says(t);
}


static void
a_channels_fields_have_their_bounds(void **state)
{
    char          account[PL_PLACE_ACCOUNT_MAX + 2];
    size_t        i;
    place_t       p;
    t_engine_t   *t = *state;

    static const char *const  urls[] = {
        "http://example.com", "https://", "https:///x", "https://a/",
        "https://a b", "https://a?x", "https://u@h", "ftp://a", ""
    };

    static const char *const  versions[] = {
        "", "24.0", "v24", "v.0", "v24.", "v24.0x", "v2400.0"
    };

    memset(account, '1', sizeof(account));
    account[PL_PLACE_ACCOUNT_MAX + 1] = '\0';

    place(&p, "acme", 1, "second", OTHER);

    for (i = 0; i < PL_COUNT(urls); i++) {
        p.channel.api_base_url = (char *) urls[i];
        assert_string_equal(ask_channel(t, &p), "api_base_url");
    }

    p.channel.api_base_url = (char *) "https://graph.example";

    for (i = 0; i < PL_COUNT(versions); i++) {
        p.channel.api_version = (char *) versions[i];
        assert_string_equal(ask_channel(t, &p), "api_version");
    }

    p.channel.api_version = (char *) "v24.0";
    p.channel.account = account;
    assert_string_equal(ask_channel(t, &p), "account");
    p.channel.account = (char *) "";
    assert_string_equal(ask_channel(t, &p), "account");
    p.channel.provider = (char *) "pigeon";
    assert_string_equal(ask_channel(t, &p), "provider");
    p.channel.provider = (char *) "whatsapp";
    p.channel.rate_per_s = 0;
    p.channel.account = account;
    account[PL_PLACE_ACCOUNT_MAX] = '\0';
    assert_string_equal(ask_channel(t, &p), "rate_per_s");
    p.channel.rate_per_s = 1;
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);
}


static void
a_channel_is_changed_and_removed(void **state)
{
    place_t                     p;
    t_engine_t                 *t = *state;
    const pl_channel_conf_t    *c;

    place(&p, "acme", 1, "second", OTHER);
    assert_string_equal(ask_channel(t, &p), "");

    /* another account; no token said: it has the old one */

    p.set_channel.create = 0;
    p.channel.has_token = 0;
    p.channel.account = (char *) "77";
    assert_string_equal(ask_channel(t, &p), "");
    c = pl_settings_account(pl_fold_settings(t->fold), PL_STR("whatsapp"),
                            PL_STR("77"));
    assert_non_null(c);
    assert_int_equal(c->row->token.len, 6);
    assert_true(c->row->renewed_ms == t->wall_ms);
    assert_null(pl_settings_account(pl_fold_settings(t->fold),
                                    PL_STR("whatsapp"), PL_STR(OTHER)));
    the_fold_knows_what_the_store_says(t);

    p.set_channel.has_removed = 1;
    p.set_channel.removed = 1;
    assert_string_equal(ask_channel(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "channel.unknown");
    the_fold_knows_what_the_store_says(t);
    c = pl_settings_channel(pl_fold_settings(t->fold), 2);
    assert_true(c->row->removed);
    assert_false(c->row->has_token);

    /* made again: its number is the same, what it has is told anew */

    place(&p, "acme", 1, "second", OTHER);
    p.channel.has_token = 0;
    assert_string_equal(ask_channel(t, &p), "channel.token");
    p.channel.has_token = 1;
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);
    assert_int_equal(pl_settings_account(pl_fold_settings(t->fold),
                                         PL_STR("whatsapp"), PL_STR(OTHER))
                         ->row->id, 2);
}


static void
a_tenant_goes_with_its_channels(void **state)
{
    place_t      p;
    t_engine_t  *t = *state;

    place(&p, "acme", 2, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");

    p.set_tenant.create = 0;
    p.set_tenant.has_removed = 1;
    p.set_tenant.removed = 1;
    assert_string_equal(ask_tenant(t, &p), "");
    the_fold_knows_what_the_store_says(t);
    assert_true(pl_settings_channel(pl_fold_settings(t->fold), 2)
                    ->row->removed);

    hello(t, OTHER, "wamid.1");
    assert_int_equal(t_rows(t, PL_TABLE_MESSAGES), 0);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);

    p.set_channel.create = 1;
    assert_string_equal(ask_channel(t, &p), "tenant.unknown");
}


/* Whatever nginx.conf names is nginx.conf's. */

static void
nginx_conf_takes_over(void **state)
{
    place_t                    p;
    t_engine_t                *t = *state;
    const pl_channel_conf_t   *c;

    /* a second channel of demo, by the name that nginx.conf has next */

    place(&p, "acme", 1, "more", OTHER);
    assert_string_equal(ask_channel(t, &p), "");
    t_ok(t, t_publish(t, 2, T_FLOW, "more", &(pl_appended_t) { 0 }));
    t_fold(t);
    the_fold_knows_what_the_store_says(t);

    c = pl_settings_account(pl_fold_settings(t->fold), PL_STR("whatsapp"),
                            PL_STR(T_ACCOUNT));
    assert_string_equal(c->row->name, "more");
    assert_false(c->row->runtime);
    assert_null(pl_settings_account(pl_fold_settings(t->fold),
                                    PL_STR("whatsapp"), PL_STR(OTHER)));
    p.set_channel.create = 0;
    assert_string_equal(ask_channel(t, &p), "channel.configured");

    /* an account that a channel of another tenant has meanwhile: of "main",
       which is gone, under another name */

    place(&p, "acme", 2, "mine", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    p.channel.name = (char *) "theirs";
    p.channel.account = (char *) T_ACCOUNT;
    assert_string_equal(ask_channel(t, &p), "channel.account");
}


/* Tells that a channel's token is sealed under another key. */

static void
reseal(t_engine_t *t, uint32_t tenant, uint32_t channel, const char *was,
    const char *sealed)
{
    Pl__Reseal   in = PL__RESEAL__INIT;
    Pl__Command  command = PL__COMMAND__INIT;

    in.tenant = tenant;
    in.has_channel = 1;
    in.channel = channel;
    in.was.data = (uint8_t *) (uintptr_t) was;
    in.was.len = strlen(was);
    in.sealed.data = (uint8_t *) (uintptr_t) sealed;
    in.sealed.len = strlen(sealed);
    command.of_case = PL__COMMAND__OF_RESEAL;
    command.reseal = &in;

    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static bool
token_is(t_engine_t *t, const char *token)
{
    const pl_channel_conf_t  *c;

    c = pl_settings_channel(pl_fold_settings(t->fold), 2);

    return c->row->token.len == strlen(token)
           && memcmp(c->row->token.data, token, strlen(token)) == 0;
}


static void
a_token_is_sealed_under_another_key(void **state)
{
    place_t      p;
    t_engine_t  *t = *state;

    place(&p, "acme", 2, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);

    t_pass(t, 1000);
    reseal(t, 2, 2, "sealed", "anew");
    assert_true(token_is(t, "anew"));
    the_fold_knows_what_the_store_says(t);

    /* it is no other token: nothing that was refused for it is tried */

    assert_false(pl_settings_channel(pl_fold_settings(t->fold), 2)->row
                     ->has_renewed_ms);

    reseal(t, 2, 2, "sealed", "late");      /* another stands there */
    reseal(t, 1, 2, "anew", "theirs");      /* another's */
    reseal(t, 2, 9, "anew", "none");
    assert_true(token_is(t, "anew"));
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
    reseal(t, 2, 2, "anew", "");
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 1);
    the_fold_knows_what_the_store_says(t);
}


/* So many that the snapshot grows, and is loaded anew in between. */

static void
a_snapshot_follows_thousands(void **state)
{
    char         tenant[32], account[32];
    unsigned     i;
    place_t      p;
    t_engine_t  *t = *state;
    Pl__Command  command = PL__COMMAND__INIT;

    for (i = 0; i < 2500; i++) {
        (void) snprintf(tenant, sizeof(tenant), "dealer-%u", i);
        (void) snprintf(account, sizeof(account), "9%u", i);
        place(&p, tenant, i + 2, "main", account);

        command.of_case = PL__COMMAND__OF_TENANT_SET;
        command.tenant_set = &p.set_tenant;
        (void) t_told(t, &command);
        command.of_case = PL__COMMAND__OF_CHANNEL_SET;
        command.channel_set = &p.set_channel;
        (void) t_told(t, &command);
    }

    t_fold(t);
    assert_int_equal(t_rows(t, PL_TABLE_QUARANTINE), 0);
    the_fold_knows_what_the_store_says(t);

    hello(t, "92499", "wamid.1");
    assert_int_equal(t_message(t, 0)->tenant, 2501);
}


/* The pace and the quiet hours that are said over the API. */

static const char *
say(t_engine_t *t, uint32_t tenant, uint32_t channel, uint32_t rate,
    const char *quiet)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__SettingSet   set = PL__SETTING_SET__INIT;

    set.tenant = tenant;
    set.has_channel = channel != 0;
    set.channel = channel;
    set.has_rate_per_s = rate != 0;
    set.rate_per_s = rate;
    set.quiet_hours = (char *) quiet;
    command.of_case = PL__COMMAND__OF_SETTING_SET;
    command.setting_set = &set;

    return ask(t, &command, tenant);
}


static void
what_is_said_over_it_is_followed(void **state)
{
    place_t                p;
    t_engine_t            *t = *state;
    const pl_settings_t   *own;

    place(&p, "acme", 2, "main", OTHER);
    assert_string_equal(ask_tenant(t, &p), "");
    assert_string_equal(ask_channel(t, &p), "");
    the_fold_knows_what_the_store_says(t);
    own = follower;

    /* of a tenant of nginx.conf, which another is like: both are quiet */

    assert_string_equal(say(t, 1, 0, 7, "22:00-07:00"), "");
    the_fold_knows_what_the_store_says(t);
    assert_true(pl_settings_tenant(follower, 2)->terms->has_quiet);
    assert_true(pl_settings_channel(follower, 2)->terms->has_quiet);
    assert_int_equal(pl_settings_tenant(follower, 1)->n_flows, 1);

    assert_string_equal(say(t, 2, 2, 3, NULL), "");
    the_fold_knows_what_the_store_says(t);
    assert_int_equal(pl_settings_channel(follower, 2)->row->rate_per_s, 3);

    assert_string_equal(say(t, 1, 0, 0, NULL), "");
    assert_string_equal(say(t, 2, 2, 0, NULL), "");
    the_fold_knows_what_the_store_says(t);
    assert_int_equal(pl_settings_channel(follower, 2)->row->rate_per_s, 80);

    /* it was never loaded anew for it */

    assert_ptr_equal(follower, own);
}


/* So many changes behind, and one more. */

static void
who_is_far_behind_reads_all(void **state)
{
    int                    i;
    t_engine_t            *t = *state;
    const pl_settings_t   *own;

    the_fold_knows_what_the_store_says(t);
    own = follower;

    for (i = 0; i < PL_NEWS_KEPT; i++) {
        assert_string_equal(say(t, 1, 0, 1 + (uint32_t) i, NULL), "");
    }

    the_fold_knows_what_the_store_says(t);
    assert_ptr_equal(follower, own);

    for (i = 0; i <= PL_NEWS_KEPT; i++) {
        assert_string_equal(say(t, 1, 0, 1 + (uint32_t) i, NULL), "");
    }

    the_fold_knows_what_the_store_says(t);
    assert_ptr_not_equal(follower, own);

    /* the rows that say so do not grow: global, tenant, channel, flow */

    assert_int_equal(t_rows(t, PL_TABLE_SETTINGS), 4 + PL_NEWS_KEPT);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(what_is_said_over_it_is_followed,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(who_is_far_behind_reads_all, setup,
                                        t_end),
        cmocka_unit_test_setup_teardown(a_tenant_joins_and_is_answered,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(what_is_refused, setup, t_end),
        cmocka_unit_test_setup_teardown(a_tenants_fields_have_their_bounds,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_channels_fields_have_their_bounds,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_channel_is_changed_and_removed,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_tenant_goes_with_its_channels,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(nginx_conf_takes_over, setup, t_end),
        cmocka_unit_test_setup_teardown(a_token_is_sealed_under_another_key,
                                        setup, t_end),
        cmocka_unit_test_setup_teardown(a_snapshot_follows_thousands, setup,
                                        t_end),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
