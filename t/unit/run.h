/*
 * What tests of flows under way share: a tenant with some flows, people who
 * write, time that passes, what was said, and a replay of it all.
 */

#ifndef T_RUN_H_INCLUDED
#define T_RUN_H_INCLUDED

#include "later.h"
#include "refold.h"

#define MINUTE  60000LL
#define HOUR    3600000LL
#define DAY     86400000LL

static const char  *t_flows[8];         /* of the test at hand */
static size_t       t_n_flows;
static uint64_t     t_generation;
static const char  *t_zone;             /* of the tenant; NULL: none */
static unsigned     t_wamids;


/* A test's own mistake is told. */

static inline void
compiles(t_engine_t *t, const char *json)
{
    pl_flow_t  *flow;

    t_ok(t, pl_flow_compile(&flow, t->codec, pl_str_c(json), &t->err));
    pl_flow_destroy(flow);
}


/* The flows of the tenant from now on; each file's name is in it. */

static inline void
flows(t_engine_t *t, const char *a, const char *b)
{
    char                 *name;
    size_t                i;
    uint8_t               cycle[16], digest[32];
    pl_appended_t         out;
    Pl__FlowSettings      f[2], *list[2];
    Pl__TenantSettings    tenant = PL__TENANT_SETTINGS__INIT, *tenants[1];
    Pl__ChannelSettings   ch = PL__CHANNEL_SETTINGS__INIT, *channels[1];
    Pl__SettingsPublish   p = PL__SETTINGS_PUBLISH__INIT;

    t_flows[0] = a;
    t_flows[1] = b;
    t_n_flows = b == NULL ? 1 : 2;

    pl_be64_put(cycle, 7);
    pl_be64_put(cycle + 8, ++t_generation);

    ch.name = (char *) "main";
    ch.provider = (char *) "whatsapp";
    ch.account = (char *) T_ACCOUNT;
    ch.waba_id = (char *) T_NODE;
    ch.api_base_url = (char *) "http://127.0.0.1:1";
    ch.api_version = (char *) "v24.0";
    ch.connect_timeout_ms = 1000;
    ch.timeout_ms = 1000;
    ch.rate_per_s = 80;
    channels[0] = &ch;

    for (i = 0; i < t_n_flows; i++) {
        compiles(t, t_flows[i]);
        pl__flow_settings__init(&f[i]);
        name = strstr(t_flows[i], "\"flow\":\"");
        assert_non_null(name);
        name += strlen("\"flow\":\"");
        f[i].name = pl_arena_str(t->ar, (pl_str_t) {
            (uint8_t *) name, strcspn(name, "\"") });
        f[i].file = (char *) "test.json";
        f[i].json.data = (uint8_t *) t_flows[i];
        f[i].json.len = strlen(t_flows[i]);
        list[i] = &f[i];
    }

    tenant.name = (char *) "demo";
    tenant.time_zone = (char *) t_zone;
    tenant.n_channels = 1;
    tenant.channels = channels;
    tenant.n_flows = t_n_flows;
    tenant.flows = list;
    tenants[0] = &tenant;

    p.cycle.data = cycle;
    p.cycle.len = sizeof(cycle);
    p.n_tenants = 1;
    p.tenants = tenants;
    p.journal_keep_ms = 1000 * DAY;         /* all of it, for the replay */

    t_ok(t, pl_settings_digest(&p, NULL, 0, digest));
    p.digest.data = digest;
    p.digest.len = sizeof(digest);

    t_ok(t, pl_journal_append(t->st, &t->clock, NULL, 0, &p, &out, &t->err));
    t_fold(t);
}


static inline int
run_setup(void **state)
{
    t_generation = 0;
    t_zone = NULL;
    t_wamids = 0;
    *state = t_new();

    return 0;
}


/* They write; not folded yet. */

static inline void
writes(t_engine_t *t, const char *text)
{
    char  wamid[32];

    (void) snprintf(wamid, sizeof(wamid), "wamid.%u", ++t_wamids);
    (void) t_text(t, LATER_PHONE, wamid, t->wall_ms / 1000, text);
}


static inline void
says(t_engine_t *t, const char *text)
{
    writes(t, text);
    t_fold(t);
}


static inline Pl__Conversation *
conversation(t_engine_t *t)
{
    return (Pl__Conversation *) t_row(t, PL_TABLE_CONVERSATIONS, 0,
                                      &pl__conversation__descriptor);
}


/* Where the run stands; "": there is none. */

static inline const char *
at_step(t_engine_t *t)
{
    Pl__Conversation  *conv = conversation(t);

    return conv == NULL || conv->run == NULL ? "" : conv->run->step;
}


static inline const char *
variable(t_engine_t *t, const char *name)
{
    size_t             i;
    Pl__Conversation  *conv = conversation(t);

    for (i = 0; conv != NULL && i < conv->n_variables; i++) {
        if (strcmp(conv->variables[i]->name, name) == 0) {
            return conv->variables[i]->value;
        }
    }

    return "";
}


/* The text of the k-th message that went out, from the end, 0 the last. */

static inline Pl__Message *
sent(t_engine_t *t, unsigned k)
{
    unsigned      i, n = 0;
    Pl__Message  *m, *out[256];

    for (i = 0; (m = t_message(t, i)) != NULL; i++) {
        if (m->direction == PL__DIRECTION__DIRECTION_OUT) {
            assert_true(n < 256);
            out[n++] = m;
        }
    }

    return k < n ? out[n - 1 - k] : NULL;
}


static inline unsigned
n_sent(t_engine_t *t)
{
    unsigned  n = 0;

    while (sent(t, n) != NULL) {
        n++;
    }

    return n;
}


static inline const char *
text_of(const Pl__Message *m)
{
    if (m == NULL) {
        return "";
    }

    switch (m->content->of_case) {
    case PL__CONTENT__OF_TEXT:
        return m->content->text->body;
    case PL__CONTENT__OF_INTERACTIVE:
        return m->content->interactive->body;
    case PL__CONTENT__OF_TEMPLATE:
        return m->content->template_->name;
    default:
        return m->content->type;
    }
}


static inline const char *
said(t_engine_t *t)
{
    return text_of(sent(t, 0));
}


/* Time passes, and what is due by then is fired in its order. */

static inline size_t
passes(t_engine_t *t, int64_t ms)
{
    size_t  n, sum = 0;

    t_pass(t, ms);

    while ((n = fire(t, 1)) != 0) {
        sum += n;
    }

    return sum;
}


/* All heads that are due go out, until none is; how many. */

static inline size_t
leave(t_engine_t *t, uint64_t epoch)
{
    size_t    i, n, sum = 0;
    uint64_t  effects[64];

    while ((n = t_attempt(t, epoch, effects)) != 0) {
        for (i = 0; i < n; i++) {
            if (t_rows(t, PL_TABLE_ATTEMPTS) != 0) {
                t_result(t, effects[i], epoch, PL__OUTCOME__OUTCOME_SENT, 0);
                sum++;
            }
        }
    }

    return sum;
}


/* Audit events of a kind; the last of them, or NULL. */

static inline unsigned
audits(t_engine_t *t, Pl__AuditKind kind, Pl__AuditEvent **last)
{
    unsigned         i, n = 0;
    Pl__AuditEvent  *row;

    for (i = 0; (row = audited(t, i)) != NULL; i++) {
        if (row->kind == kind) {
            n++;

            if (last != NULL) {
                *last = row;
            }
        }
    }

    return n;
}

#define HANDOVER  PL__AUDIT_KIND__AUDIT_KIND_HANDOVER
#define ANSWER    PL__AUDIT_KIND__AUDIT_KIND_ANSWER
#define STATUS    PL__AUDIT_KIND__AUDIT_KIND_STATUS
#define LOOP      PL__AUDIT_KIND__AUDIT_KIND_LOOP
#define FLOW      PL__AUDIT_KIND__AUDIT_KIND_FLOW


/* A person takes the only conversation over; owner NULL: gives it back. */

static inline void
hands(t_engine_t *t, const char *owner, int64_t epoch)
{
    Pl__Command       command = PL__COMMAND__INIT;
    Pl__OwnerChange   in = PL__OWNER_CHANGE__INIT;
    Pl__Message      *m = t_message(t, 0);

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = m->party;
    in.owner = (char *) owner;
    in.reason = (char *) "asked for";
    in.actor = (char *) "maria";
    in.has_epoch = (epoch >= 0);
    in.epoch = (uint32_t) epoch;
    command.of_case = PL__COMMAND__OF_OWNER_CHANGE;
    command.owner_change = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


/* event or flow, one of them. */

static inline void
starts(t_engine_t *t, const char *event, const char *flow, const char *step,
    const char *name, const char *value)
{
    Pl__Address     address = PL__ADDRESS__INIT;
    Pl__Command     command = PL__COMMAND__INIT;
    Pl__Variable    v = PL__VARIABLE__INIT, *list[1];
    Pl__FlowStart   in = PL__FLOW_START__INIT;

    address.kind = PL__ADDRESS_KIND__ADDRESS_KIND_PHONE;
    address.value = (char *) LATER_PHONE;
    v.name = (char *) name;
    v.value = (char *) value;
    list[0] = &v;

    in.tenant = 1;
    in.channel = 1;
    in.address = &address;
    in.event = (char *) event;
    in.flow = (char *) flow;
    in.step = (char *) step;
    in.n_variables = (name != NULL);
    in.variables = list;
    command.of_case = PL__COMMAND__OF_FLOW_START;
    command.flow_start = &in;
    (void) t_append(t, &command, NULL);
    t_fold(t);
}


static inline int
run_end(void **state)
{
    replays(*state);

    return t_end(state);
}

#endif /* T_RUN_H_INCLUDED */
