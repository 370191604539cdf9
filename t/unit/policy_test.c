/*
 * Policy as a table: what a message is, what is known, and what is decided.
 * The rows whose names begin with a rule's are that rule's; "a / b" is where
 * two of them meet, as docs/policy.md lists it, which is held against the
 * names.
 */

#include "policy.h"


static const row_t  rows[] = {
    { .name = "nothing objects" },

    /* expired */
    { .name = "expired: at its very end", .expires = NOON,
      .decision = BLOCK, .rule = "expired" },
    { .name = "expired: 1 ms before", .expires = NOON + 1 },

    { .name = "settings.unreadable", .unreadable = true,
      .decision = BLOCK, .rule = "settings.unreadable" },
    { .name = "channel.removed", .removed = true,
      .decision = BLOCK, .rule = "channel.removed" },
    { .name = "group.closed", .group = true, .group_closed = true,
      .decision = BLOCK, .rule = "group.closed" },
    { .name = "group that is open", .group = true },

    { .name = "address.bounced", .bounced = true,
      .decision = BLOCK, .rule = "address.bounced" },
    { .name = "address.bounced: an answer, too", .bounced = true,
      .answers = true, .author = PERSON, .decision = BLOCK,
      .rule = "address.bounced" },

    /* who answers */
    { .name = "owner.stale", .stale = true,
      .decision = BLOCK, .rule = "owner.stale" },

    /* consent */
    { .name = "consent.missing", .category = MARKETING,
      .decision = BLOCK, .rule = "consent.missing" },
    { .name = "consent granted", .category = MARKETING,
      .consent = PL_CONSENT_GRANTED },
    { .name = "consent.paused", .category = MARKETING,
      .consent = PL_CONSENT_PAUSED, .decision = BLOCK,
      .rule = "consent.paused" },
    { .name = "consent.revoked", .category = MARKETING,
      .consent = PL_CONSENT_REVOKED, .decision = BLOCK,
      .rule = "consent.revoked" },
    { .name = "consent is optional", .category = MARKETING,
      .optional = true },
    { .name = "consent is optional, but revoked", .category = MARKETING,
      .optional = true, .consent = PL_CONSENT_REVOKED, .decision = BLOCK,
      .rule = "consent.revoked" },
    { .name = "consent is optional, but paused", .category = MARKETING,
      .optional = true, .consent = PL_CONSENT_PAUSED, .decision = BLOCK,
      .rule = "consent.paused" },
    { .name = "consent of a group nobody gives", .category = MARKETING,
      .group = true },
    { .name = "consent: an advert is none for being an answer",
      .category = MARKETING, .answers = true, .decision = BLOCK,
      .rule = "consent.missing" },
    { .name = "consent is for marketing alone", .category = UTILITY,
      .consent = PL_CONSENT_REVOKED },
    { .name = "consent: a listed category is never lowered",
      .template = true, .listed = MARKETING, .category = UTILITY,
      .decision = BLOCK, .rule = "consent.missing" },
    { .name = "consent: a listed one may be raised", .template = true,
      .listed = UTILITY, .category = MARKETING, .decision = BLOCK,
      .rule = "consent.missing" },

    /* campaigns, and a template that goes for a free form */
    { .name = "campaign: nobody says what for", .campaign = true,
      .template = true, .decision = BLOCK, .rule = "consent.missing" },
    { .name = "campaign: a free form, too", .campaign = true,
      .decision = BLOCK, .rule = "consent.missing" },
    { .name = "campaign: revoked", .campaign = true, .template = true,
      .consent = PL_CONSENT_REVOKED, .optional = true, .decision = BLOCK,
      .rule = "consent.revoked" },
    { .name = "campaign: granted", .campaign = true, .template = true,
      .consent = PL_CONSENT_GRANTED },
    { .name = "campaign: said to be for something else", .campaign = true,
      .template = true, .category = UTILITY },
    { .name = "campaign: listed as something else", .campaign = true,
      .template = true, .listed = UTILITY },
    { .name = "form: the template's own category", .template = true,
      .otherwise = true, .window = -1, .category = SERVICE,
      .fixed_for = MARKETING, .decision = BLOCK, .rule = "consent.missing" },
    { .name = "form: not of the free form", .otherwise = true,
      .category = SERVICE, .fixed_for = MARKETING },
    { .name = "form: never below what is listed", .template = true,
      .otherwise = true, .window = -1, .listed = MARKETING,
      .fixed_for = UTILITY, .decision = BLOCK, .rule = "consent.missing" },

    /* STOP */
    { .name = "consent.stopped", .stopped = true, .decision = BLOCK,
      .rule = "consent.stopped" },
    { .name = "stop: a code, too", .stopped = true,
      .category = AUTHENTICATION, .decision = BLOCK,
      .rule = "consent.stopped" },
    { .name = "stop: who writes is answered", .stopped = true,
      .answers = true, .author = NO_AUTHOR },
    { .name = "stop: it is confirmed", .stopped = true, .confirms = true },
    { .name = "stop: a person in an open window", .stopped = true,
      .author = PERSON },
    { .name = "stop: a person with a template", .stopped = true,
      .author = PERSON, .template = true, .decision = BLOCK,
      .rule = "consent.stopped" },
    { .name = "stop: a person's advert", .stopped = true,
      .author = PERSON, .category = MARKETING, .decision = BLOCK,
      .rule = "consent.stopped" },

    /* forbidden patterns */
    { .name = "content.NAME", .forbidden = "content.phone",
      .decision = BLOCK, .rule = "content.phone" },

    /* the window */
    { .name = "window.closed", .window = -1,
      .decision = BLOCK, .rule = "window.closed" },
    { .name = "window: its last ms", .now = NOON, .window = NOON + 1 },
    { .name = "window: at T+24:00:00.000", .window = NOON,
      .decision = BLOCK, .rule = "window.closed" },
    { .name = "window: a template needs none", .window = -1,
      .template = true },
    { .name = "window: of a group", .window = -1, .group = true,
      .decision = BLOCK, .rule = "window.closed" },
    { .name = "window: the other form goes", .window = NOON,
      .otherwise = true, .decision = REPLACE, .rule = "window.closed" },
    { .name = "window: open, the free form stays", .otherwise = true },
    { .name = "window: it opened, the free form again", .template = true,
      .otherwise = true, .decision = REPLACE, .rule = "window.open" },
    { .name = "window: still closed, the template stays", .window = -1,
      .template = true, .otherwise = true },

    /* what does not fit */
    { .name = "template.refused", .template = true,
      .unfit = "template.refused", .decision = BLOCK,
      .rule = "template.refused" },
    { .name = "content.refused", .unfit = "content.refused",
      .decision = BLOCK, .rule = "content.refused" },

    /* business hours: 2027-01-01 is a Friday */
    { .name = "business.hours: within", .business = true,
      .asks_business = true },
    { .name = "business.hours: nobody asked", .business = true,
      .now = NIGHT },
    { .name = "business.hours: asked, but there are none",
      .asks_business = true, .now = NIGHT },
    { .name = "business.hours: after the last", .business = true,
      .asks_business = true, .now = NEW_YEAR + 17 * HOUR,
      .decision = DEFER, .rule = "business.hours",
      .until = NEW_YEAR + 3 * DAY + 9 * HOUR },
    { .name = "business.hours: the last ms", .business = true,
      .asks_business = true, .now = NEW_YEAR + 17 * HOUR - 1 },
    { .name = "business.hours hold answers, too, that ask",
      .business = true, .asks_business = true, .answers = true,
      .now = NEW_YEAR + 17 * HOUR, .decision = DEFER,
      .rule = "business.hours", .until = NEW_YEAR + 3 * DAY + 9 * HOUR },

    /* quiet hours */
    { .name = "quiet.hours: 22:59:59.999", .quiet = true,
      .now = NIGHT - 1 },
    { .name = "quiet.hours: 23:00:00.000", .quiet = true, .now = NIGHT,
      .decision = DEFER, .rule = "quiet.hours", .until = MORNING },
    { .name = "quiet.hours: 06:59:59.999", .quiet = true,
      .now = MORNING - 1, .decision = DEFER, .rule = "quiet.hours",
      .until = MORNING },
    { .name = "quiet.hours: 07:00:00.000", .quiet = true, .now = MORNING },
    { .name = "quiet.hours: drop", .quiet = true, .what = DROP,
      .now = NIGHT, .decision = BLOCK, .rule = "quiet.hours" },
    { .name = "quiet.hours: send", .quiet = true, .what = ASIS,
      .now = NIGHT },
    { .name = "quiet.hours: an answer", .quiet = true, .answers = true,
      .now = NIGHT },
    { .name = "quiet.hours: an answer, where they drop", .quiet = true,
      .what = DROP, .answers = true, .now = NIGHT },
    { .name = "quiet.hours: STOP is confirmed", .quiet = true,
      .confirms = true, .now = NIGHT },
    { .name = "quiet.hours: a code", .quiet = true,
      .category = AUTHENTICATION, .now = NIGHT },
    { .name = "quiet.hours: a code, where the tenant says so",
      .quiet = true, .what = SHIFT, .category = AUTHENTICATION,
      .now = NIGHT, .decision = DEFER, .rule = "quiet.hours",
      .until = MORNING },
    { .name = "quiet.hours: a person", .quiet = true, .author = PERSON,
      .now = NIGHT },
    { .name = "quiet.hours: a person, where the tenant says so",
      .quiet = true, .what = SHIFT, .author = PERSON, .now = NIGHT,
      .decision = DEFER, .rule = "quiet.hours", .until = MORNING },
    { .name = "quiet.hours: what a flow says unasked", .quiet = true,
      .author = NO_AUTHOR, .now = NIGHT, .decision = DEFER,
      .rule = "quiet.hours", .until = MORNING },

    /* caps */
    { .name = "cap.reached", .cap = 1, .decision = DEFER,
      .rule = "cap.reached", .until = CAP_FREE },
    { .name = "cap.reached: block", .cap = 2, .decision = BLOCK,
      .rule = "cap.reached" },
    { .name = "cap: what is counted is not counted again", .cap = 2,
      .charged = true },

    /* where two meet: the first of the list decides */
    { .name = "expired / consent", .expires = NOON, .category = MARKETING,
      .decision = BLOCK, .rule = "expired" },
    { .name = "channel / group", .removed = true, .group = true,
      .group_closed = true, .decision = BLOCK, .rule = "channel.removed" },
    { .name = "group / owner", .group = true, .group_closed = true,
      .stale = true, .decision = BLOCK, .rule = "group.closed" },
    { .name = "channel / address", .removed = true, .bounced = true,
      .decision = BLOCK, .rule = "channel.removed" },
    { .name = "address / owner", .bounced = true, .stale = true,
      .decision = BLOCK, .rule = "address.bounced" },
    { .name = "address / consent", .bounced = true, .category = MARKETING,
      .decision = BLOCK, .rule = "address.bounced" },
    { .name = "address / expiry", .bounced = true, .expires = NOON,
      .decision = BLOCK, .rule = "expired" },
    { .name = "owner / consent", .stale = true, .stopped = true,
      .decision = BLOCK, .rule = "owner.stale" },
    { .name = "stop / marketing", .stopped = true, .category = MARKETING,
      .consent = PL_CONSENT_GRANTED, .decision = BLOCK,
      .rule = "consent.stopped" },
    { .name = "consent / forbidden", .category = MARKETING,
      .forbidden = "content.phone", .decision = BLOCK,
      .rule = "consent.missing" },
    { .name = "consent / window", .category = MARKETING, .window = -1,
      .decision = BLOCK, .rule = "consent.missing" },
    { .name = "consent / quiet", .category = MARKETING, .quiet = true,
      .now = NIGHT, .decision = BLOCK, .rule = "consent.missing" },
    { .name = "forbidden / window", .forbidden = "content.phone",
      .window = -1, .otherwise = true, .decision = BLOCK,
      .rule = "content.phone" },
    { .name = "window / template", .window = -1,
      .unfit = "content.refused", .decision = BLOCK,
      .rule = "window.closed" },
    { .name = "window / business", .window = -1, .business = true,
      .asks_business = true, .now = NIGHT, .decision = BLOCK,
      .rule = "window.closed" },
    { .name = "template / business", .template = true, .business = true,
      .asks_business = true, .now = NIGHT, .unfit = "template.refused",
      .decision = BLOCK, .rule = "template.refused" },
    { .name = "window / quiet", .window = -1, .quiet = true, .now = NIGHT,
      .decision = BLOCK, .rule = "window.closed" },
    { .name = "quiet / window's end", .window = NIGHT + HOUR,
      .quiet = true, .now = NIGHT, .otherwise = true, .decision = DEFER,
      .rule = "quiet.hours", .until = MORNING },
    { .name = "quiet / window's end, when due", .window = NIGHT + HOUR,
      .quiet = true, .now = MORNING, .otherwise = true,
      .decision = REPLACE, .rule = "window.closed" },
    { .name = "quiet / window's end, when due, without the other form",
      .window = NIGHT + HOUR, .quiet = true, .now = MORNING,
      .decision = BLOCK, .rule = "window.closed" },
    { .name = "provider.capped", .category = MARKETING,
      .consent = PL_CONSENT_GRANTED, .spared = NOON + 1, .decision = DEFER,
      .rule = "provider.capped", .until = NOON + 1 },
    { .name = "provider.capped: it is over", .category = MARKETING,
      .consent = PL_CONSENT_GRANTED, .spared = NOON },
    { .name = "provider.capped: adverts alone", .spared = NOON + 1 },
    { .name = "provider.capped: before a cap of ours", .cap = 2,
      .category = MARKETING, .consent = PL_CONSENT_GRANTED,
      .spared = NOON + 1, .decision = DEFER, .rule = "provider.capped",
      .until = NOON + 1 },
    { .name = "channel.restricted", .template = true, .window = -1,
      .restricted = NOON + 1, .decision = DEFER,
      .rule = "channel.restricted", .until = NOON + 1 },
    { .name = "channel.restricted: it is over", .template = true,
      .window = -1, .restricted = NOON },
    { .name = "channel.restricted: answers go on", .template = true,
      .restricted = NOON + 1 },
    { .name = "channel.restricted: nor a free form", .restricted = NOON + 1,
      .no_utility = NOON + 1 },
    { .name = "channel.restricted: utility templates", .template = true,
      .listed = UTILITY, .no_utility = NOON + 1, .decision = DEFER,
      .rule = "channel.restricted", .until = NOON + 1 },
    { .name = "channel.restricted: others go on", .template = true,
      .listed = MARKETING, .consent = PL_CONSENT_GRANTED,
      .no_utility = NOON + 1 },
    { .name = "template / restricted", .template = true, .window = -1,
      .unfit = "template.refused", .restricted = NOON + 1,
      .decision = BLOCK, .rule = "template.refused" },
    { .name = "restricted / business", .template = true, .window = -1,
      .business = true, .asks_business = true, .now = NIGHT,
      .restricted = NIGHT + 1, .decision = DEFER,
      .rule = "channel.restricted", .until = NIGHT + 1 },
    { .name = "business / quiet", .business = true, .asks_business = true,
      .quiet = true, .now = NIGHT, .decision = DEFER,
      .rule = "business.hours", .until = NEW_YEAR + 3 * DAY + 9 * HOUR },
    { .name = "business / expiry", .business = true, .asks_business = true,
      .now = NIGHT, .expires = NEW_YEAR + 3 * DAY + 9 * HOUR,
      .decision = BLOCK, .rule = "expired",
      .until = NEW_YEAR + 3 * DAY + 9 * HOUR },
    { .name = "quiet / expiry", .quiet = true, .now = NIGHT,
      .expires = MORNING, .decision = BLOCK, .rule = "expired",
      .until = MORNING },
    { .name = "quiet / expiry: 1 ms is enough", .quiet = true,
      .now = NIGHT, .expires = MORNING + 1, .decision = DEFER,
      .rule = "quiet.hours", .until = MORNING },
    { .name = "quiet / reminder", .quiet = true, .template = true,
      .now = NIGHT + 2 * HOUR, .expires = MORNING - HOUR,
      .decision = BLOCK, .rule = "expired", .until = MORNING },
    { .name = "quiet / provider's cap", .quiet = true, .now = NIGHT,
      .category = MARKETING, .consent = PL_CONSENT_GRANTED,
      .spared = NEW_YEAR + 3 * DAY, .decision = DEFER,
      .rule = "quiet.hours", .until = MORNING },
    { .name = "quiet / caps", .quiet = true, .now = NIGHT, .cap = 2,
      .decision = DEFER, .rule = "quiet.hours", .until = MORNING },
    { .name = "caps / expiry", .cap = 1, .expires = CAP_FREE,
      .decision = BLOCK, .rule = "expired", .until = CAP_FREE },
};

static const size_t  n_rows = sizeof(rows) / sizeof(rows[0]);


static void
test_table(void **state)
{
    size_t        i;
    pl_verdict_t  v;

    (void) state;

    for (i = 0; i < n_rows; i++) {
        v = decide(&rows[i]);

        if (v.decision != rows[i].decision
            || (v.rule == NULL) != (rows[i].rule == NULL)
            || (v.rule != NULL && strcmp(v.rule, rows[i].rule) != 0)
            || v.until_ms != rows[i].until)
        {
            fail_msg("%s: %d by %s until %lld", rows[i].name,
                     (int) v.decision, v.rule == NULL ? "none" : v.rule,
                     (long long) v.until_ms);
        }
    }
}


/* What is too late says for what it would have had to wait. */

static void
test_because(void **state)
{
    pl_verdict_t  v;
    row_t         row = { .quiet = true, .now = NIGHT, .expires = MORNING };

    (void) state;

    v = decide(&row);
    assert_string_equal(v.rule, "expired");
    assert_string_equal(v.because, "quiet.hours");

    row.now = MORNING;
    v = decide(&row);
    assert_string_equal(v.rule, "expired");
    assert_null(v.because);
}


static void
test_category(void **state)
{
    size_t        i;
    pl_verdict_t  v;

    static const struct {
        row_t         row;
        Pl__Category  category;
    } cases[] = {
        { { .author = NO_AUTHOR }, SERVICE },
        { { .author = NO_AUTHOR, .template = true }, UTILITY },
        { { .author = PROGRAM }, UTILITY },
        { { .author = PERSON }, UTILITY },
        { { .category = SERVICE }, SERVICE },
        { { .template = true, .listed = UTILITY }, UTILITY },
        { { .template = true, .listed = MARKETING }, MARKETING },
        { { .template = true, .listed = MARKETING, .category = SERVICE },
          MARKETING },
        { { .template = true, .listed = UTILITY, .category = MARKETING },
          MARKETING },
        { { .listed = MARKETING }, UTILITY },       /* of no template */
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        v = decide(&cases[i].row);
        if (v.category != cases[i].category) {
            fail_msg("case %zu: %d", i, (int) v.category);
        }
    }
}


/* ---- the page ------------------------------------------------------- */

/* Each meeting that docs/policy.md lists is a row, and the other way. */

static void
test_page(void **state)
{
    char         line[4096], dir[512], name[64], *end;
    FILE        *f;
    size_t       i, n = 0, met = 0;
    const char  *src;

    (void) state;

    src = getenv("PARLEY_SRC");
    (void) snprintf(dir, sizeof(dir), "%s/docs/policy.md",
                    src != NULL ? src : ".");
    f = fopen(dir, "r");
    if (f == NULL) {
        f = fopen("../docs/policy.md", "r");
    }

    assert_non_null(f);

    while (fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, "| *", 3) != 0
            || (end = strstr(line + 3, "* |")) == NULL)
        {
            continue;
        }

        (void) snprintf(name, sizeof(name), "%.*s", (int) (end - line - 3),
                        line + 3);
        n++;

        for (i = 0; i < n_rows && strcmp(rows[i].name, name) != 0; i++) {
            /* void */
        }

        if (i == n_rows) {
            fail_msg("the page's \"%s\" has no row", name);
        }
    }

    (void) fclose(f);

    for (i = 0; i < n_rows; i++) {
        met += strstr(rows[i].name, " / ") != NULL
               && strpbrk(rows[i].name, ":,") == NULL;
    }

    assert_int_equal(n, met);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_because),
        cmocka_unit_test(test_category),
        cmocka_unit_test(test_page),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
