/*
 * A world: a store with many people. What is told to the engine of them, what
 * the provider says, and the same journal folded anew.
 */

#ifndef T_POLICY_WORLD_H_INCLUDED
#define T_POLICY_WORLD_H_INCLUDED

#include "policy_model.h"


/* ---- the world ------------------------------------------------------ */

static inline void
world_tells(world_t *w, const Pl__Command *command, pl_str_t provider)
{
    pl_entry_t     entry;
    pl_appended_t  out;

    memset(&entry, 0, sizeof(entry));
    entry.command = command;
    entry.provider = provider;
    entry.location = PL_STR("/model");

    t_ok(&w->t, pl_journal_append(w->t.st, &w->t.clock, &entry, 1, NULL,
                                  &out, &w->t.err));
    w->commands++;
}


/* A person writes; at_ms: by the provider's clock. */

static inline void
world_says(world_t *w, const person_t *p, int64_t at_ms, const char *text)
{
    char                 id[32];
    Pl__Text             body = PL__TEXT__INIT;
    Pl__Content          content = PL__CONTENT__INIT;
    Pl__Sender           from = PL__SENDER__INIT;
    Pl__InboundMessage   in = PL__INBOUND_MESSAGE__INIT;
    Pl__Command          command = PL__COMMAND__INIT;

    (void) snprintf(id, sizeof(id), "wamid.IN%" PRIu64, ++w->drawn);
    body.body = (char *) text;
    content.type = (char *) "text";
    content.of_case = PL__CONTENT__OF_TEXT;
    content.text = &body;
    from.phone = (char *) p->phone;
    in.account = (char *) model_accounts[p->tenant];
    in.from = &from;
    in.provider_id = id;
    in.time_s = at_ms / 1000;
    in.content = &content;
    command.of_case = PL__COMMAND__OF_INBOUND_MESSAGE;
    command.inbound_message = &in;

    world_tells(w, &command, PL_STR("whatsapp"));
}


/* Whether adverts are wanted: stop, resume. */

static inline void
world_prefers(world_t *w, person_t *p, const char *word)
{
    int64_t             now_s = w->t.wall_ms / 1000;
    Pl__Sender          from = PL__SENDER__INIT;
    Pl__ConsentChange   in = PL__CONSENT_CHANGE__INIT;
    Pl__Command         command = PL__COMMAND__INIT;

    from.phone = p->phone;
    in.account = (char *) model_accounts[p->tenant];
    in.from = &from;
    in.category = (char *) "marketing_messages";
    in.word = (char *) word;
    in.time_s = now_s;
    command.of_case = PL__COMMAND__OF_CONSENT_CHANGE;
    command.consent_change = &in;

    world_tells(w, &command, PL_STR("whatsapp"));

    if (strcmp(word, "stop") == 0) {
        person_forbids(p, now_s);

    } else {
        (void) person_allows(p, now_s);
    }
}


static inline void
world_template(Pl__Template *template, Pl__Content *content,
    const char *name)
{
    pl__template__init(template);
    template->name = (char *) name;
    template->language = (char *) "de";
    pl__content__init(content);
    content->type = (char *) "template";
    content->of_case = PL__CONTENT__OF_TEMPLATE;
    content->template_ = template;
}


/* Asks for a message to a person. */

static inline void
world_asks(world_t *w, const person_t *p, say_t *say)
{
    asked_t       a;
    Pl__Template  either;
    Pl__Content   otherwise;
    Pl__Command   command = PL__COMMAND__INIT;

    static const char *const  names[SAY_KINDS] = {
        [SAY_TEMPLATE] = "notice", [SAY_ADVERT] = "advert",
        [SAY_CODE] = "code",
    };

    asked_to(&a, p->phone, "notice");
    say->key = ++w->drawn;
    pl_be64_put(a.key, say->key);
    a.request.tenant = p->tenant + 1;
    a.request.channel = p->tenant + 1;
    a.request.key.len = sizeof(a.key);
    world_template(&a.template, &a.content, names[say->kind]);

    if (names[say->kind] == NULL) {
        pl__text__init(&a.text);
        a.text.body = (char *) "what was asked for";
        a.content.type = (char *) "text";
        a.content.of_case = PL__CONTENT__OF_TEXT;
        a.content.text = &a.text;
    }

    a.request.has_category = (say->kind == SAY_ANSWER);
    a.request.category = PL__CATEGORY__CATEGORY_SERVICE;
    a.request.has_author = 1;
    a.request.author = say->kind == SAY_DESK ? PL__AUTHOR__AUTHOR_PERSON
                                             : PL__AUTHOR__AUTHOR_PROGRAM;

    if (say->kind == SAY_EITHER) {
        world_template(&either, &otherwise, "notice");
        a.request.otherwise = &otherwise;
    }

    asked_with(&a, say->at_ms, say->expires_ms, NULL);
    command.of_case = PL__COMMAND__OF_SEND_REQUEST;
    command.send_request = &a.request;

    world_tells(w, &command, PL_STR_NULL);
}


/* Has it a message by now? */

static inline bool
world_known(world_t *w, const person_t *p, say_t *say)
{
    uint8_t       key[PL_REQUEST_KEY_LEN] = { 0 };
    pl_txn_t     *txn;
    Pl__Verdict  *v;

    if (say->id != 0) {
        return true;
    }

    pl_be64_put(key, say->key);
    txn = t_read(&w->t);

    if (pl_request_get(txn, p->tenant + 1, key, w->t.wall_ms, w->t.ar, &v,
                       &w->t.err) == PL_OK)
    {
        say->id = v->message;
    }

    pl_store_abort(txn);

    return say->id != 0;
}


/* What was asked for under this message; NULL: nobody asked for it. */

static inline say_t *
world_say(world_t *w, uint64_t message, person_t **person)
{
    size_t  i, k;

    for (i = 0; i < MODEL_PEOPLE; i++) {
        for (k = 0; k < w->people[i].n_says; k++) {
            (void) world_known(w, &w->people[i], &w->people[i].says[k]);

            if (w->people[i].says[k].id == message) {
                *person = &w->people[i];
                return &w->people[i].says[k];
            }
        }
    }

    return NULL;
}


static inline void
world_answers(world_t *w, say_t *say, Pl__Outcome outcome)
{
    char             id[40];
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__SendResult   result = PL__SEND_RESULT__INIT;

    (void) snprintf(id, sizeof(id), "wamid.OUT%" PRIu64, say->effect);
    result.effect = say->effect;
    result.epoch = w->epoch;
    result.outcome = outcome;
    result.provider_id = outcome == PL__OUTCOME__OUTCOME_SENT ? id : NULL;
    result.has_bucket = (outcome == PL__OUTCOME__OUTCOME_THROTTLE);
    result.bucket = PL__BUCKET__BUCKET_PAIR;
    result.has_retry_ms = (outcome == PL__OUTCOME__OUTCOME_RETRY
                           || outcome == PL__OUTCOME__OUTCOME_THROTTLE);
    result.retry_ms = w->t.wall_ms + 1 + world_draw(w, 7200000);
    say->again_ms = result.has_retry_ms ? result.retry_ms : 0;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    world_tells(w, &command, PL_STR_NULL);
}


/* Turns the clock to what is due next. */

static inline void
world_next(world_t *w)
{
    size_t         n;
    int64_t        first, next = INT64_MAX;
    pl_txn_t      *txn;
    pl_due_lane_t  at;
    Pl__TimerDue   due[1];

    txn = t_read(&w->t);
    t_ok(&w->t, pl_timers_due(txn, w->t.wall_ms, due, 1, &n, &next,
                              &w->t.err));

    memset(&at, 0, sizeof(at));

    for (; pl_outbox_lane(txn, &at, &first, &w->t.err) == PL_OK; at.lane++) {
        next = first < next ? first : next;
    }

    pl_store_abort(txn);

    if (n == 0 && next > w->t.wall_ms && next != INT64_MAX) {
        t_pass(&w->t, next - w->t.wall_ms);
    }
}


/* What has not ended yet; NULL: all has. */

static inline const say_t *
world_open(const world_t *w)
{
    size_t        i, k;
    const say_t  *say;

    for (i = 0; i < MODEL_PEOPLE; i++) {
        for (k = 0; k < w->people[i].n_says; k++) {
            say = &w->people[i].says[k];

            if (!say->ended) {
                return say;
            }
        }
    }

    return NULL;
}


/* ---- the same journal, folded anew ---------------------------------- */

static inline void
world_same(world_t *w, pl_store_t *other, pl_table_e table)
{
    pl_str_t      ka, va, kb, vb;
    pl_txn_t     *a, *b;
    pl_scan_t    *sa, *sb;
    pl_status_t   ra, rb;

    a = t_read(&w->t);
    t_ok(&w->t, pl_store_begin(other, PL_ENV_STATE, false, &b, &w->t.err));
    t_ok(&w->t, pl_store_scan(a, table, PL_STR_NULL, false, &sa,
                              &w->t.err));
    t_ok(&w->t, pl_store_scan(b, table, PL_STR_NULL, false, &sb,
                              &w->t.err));

    do {
        ra = pl_store_scan_next(sa, &ka, &va, &w->t.err);
        rb = pl_store_scan_next(sb, &kb, &vb, &w->t.err);

        if (ra != rb || (ra == PL_OK && (!pl_str_eq(ka, kb)
                                         || !pl_str_eq(va, vb))))
        {
            fail_msg("folded anew, table %s is another",
                     pl_store_tables[table].name);
        }

    } while (ra == PL_OK);

    pl_store_scan_end(sa);
    pl_store_scan_end(sb);
    pl_store_abort(a);
    pl_store_abort(b);
}


/* In steps that end anywhere, each by a folder that then is no more. */

static inline void
world_anew(world_t *w)
{
    bool              more;
    char              dir[128];
    unsigned          i, steps;
    uint64_t          last, to = 0;
    pl_fold_t        *fold;
    pl_store_t       *st;
    pl_folded_t       done;
    pl_store_conf_t   conf;

    (void) snprintf(dir, sizeof(dir), "%s.anew", w->t.dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    memset(&conf, 0, sizeof(conf));
    conf.dir = dir;
    conf.create = true;
    conf.size = 1ULL << 30;
    conf.read_age_ms = conf.write_age_ms = T_AGE_MS;
    t_ok(&w->t, pl_store_open(&st, &conf, &w->t.err));

    last = ((Pl__StateMeta *) t_row(&w->t, PL_TABLE_META, 0,
                                    &pl__state_meta__descriptor))->folded;

    for (more = true, i = 0; more; i++) {
        assert_true(i < 100000);
        to += 1 + world_draw(w, 400);
        t_ok(&w->t, pl_fold_create(&fold, st, w->t.st, NULL, w->t.codec,
                                   &w->t.clock, &w->t.err));
        t_ok(&w->t, pl_fold_take(fold, &w->t.err));

        for (steps = 1 + world_draw(w, 3), more = true; steps > 0 && more;
             steps--)
        {
            t_ok(&w->t, pl_fold_step(fold, to, &done, &w->t.err));
            more = done.more;
        }

        pl_fold_give(fold);
        pl_fold_destroy(fold);

        more = done.folded < last;
    }

    for (i = 0; i < PL_TABLE_COUNT; i++) {
        if (pl_store_tables[i].env == PL_ENV_STATE) {
            world_same(w, st, (pl_table_e) i);
        }
    }

    pl_store_close(st);
    (void) nftw(dir, t_remove, 16, FTW_DEPTH | FTW_PHYS);
}


/* ---- a world's beginning and end ------------------------------------ */

static inline void
world_publish(world_t *w)
{
    size_t                i;
    uint8_t               cycle[16] = { 7 }, digest[32];
    pl_appended_t         out;
    Pl__CapSettings       cap = PL__CAP_SETTINGS__INIT, *caps[1];
    Pl__PolicySettings    policy = PL__POLICY_SETTINGS__INIT;
    Pl__TenantSettings    tenant[MODEL_TENANTS], *tenants[MODEL_TENANTS];
    Pl__ChannelSettings   ch[MODEL_TENANTS], *channels[MODEL_TENANTS];
    Pl__SettingsPublish   p = PL__SETTINGS_PUBLISH__INIT;

    static const char *const  names[MODEL_TENANTS] = { "a", "b", "c" };

    cap.subject = PL__CAP_SUBJECT__CAP_SUBJECT_MARKETING;
    cap.most = MODEL_CAP;
    cap.period = PL__CAP_PERIOD__CAP_PERIOD_ROLLING;
    cap.has_days = 1;
    cap.days = MODEL_CAP_DAYS;
    caps[0] = &cap;
    policy.quiet_hours = (char *) MODEL_QUIET;
    policy.n_caps = 1;
    policy.caps = caps;

    for (i = 0; i < MODEL_TENANTS; i++) {
        pl__channel_settings__init(&ch[i]);
        ch[i].name = (char *) "main";
        ch[i].provider = (char *) "whatsapp";
        ch[i].account = (char *) model_accounts[i];
        ch[i].waba_id = (char *) T_NODE;
        ch[i].api_base_url = (char *) "http://127.0.0.1:1";
        ch[i].api_version = (char *) "v24.0";
        ch[i].connect_timeout_ms = ch[i].timeout_ms = 1000;
        ch[i].rate_per_s = 80;
        channels[i] = &ch[i];

        pl__tenant_settings__init(&tenant[i]);
        tenant[i].name = (char *) names[i];
        tenant[i].time_zone = (char *) model_zones[i];
        tenant[i].n_channels = 1;
        tenant[i].channels = &channels[i];
        tenant[i].policy = &policy;
        tenants[i] = &tenant[i];
    }

    p.n_tenants = MODEL_TENANTS;
    p.tenants = tenants;
    p.cycle.data = cycle;
    p.cycle.len = sizeof(cycle);
    p.journal_keep_ms = 1000 * MODEL_DAY_MS;
    t_ok(&w->t, pl_settings_digest(&p, NULL, 0, digest));
    p.digest.data = digest;
    p.digest.len = sizeof(digest);

    t_ok(&w->t, pl_journal_append(w->t.st, &w->t.clock, NULL, 0, &p, &out,
                                  &w->t.err));
}


/* The zones of the tenants, out of the system's database. */

static inline void
world_zones(world_t *w)
{
    size_t             i;
    char               path[128];
    Pl__ZoneFile       file[MODEL_TENANTS], *files[MODEL_TENANTS];
    Pl__ZonesPublish   in = PL__ZONES_PUBLISH__INIT;
    Pl__Command        command = PL__COMMAND__INIT;

    for (i = 0; i < MODEL_TENANTS; i++) {
        (void) snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s",
                        model_zones[i]);
        pl__zone_file__init(&file[i]);
        file[i].n_names = 1;
        file[i].names = (char **) &model_zones[i];
        file[i].tzif.data = (uint8_t *) t_slurp_len(&w->t, path,
                                                    &file[i].tzif.len);
        files[i] = &file[i];
    }

    in.version = (char *) "model";
    in.digest.data = (uint8_t *) "0123456789abcdef0123456789abcdef";
    in.digest.len = 32;
    in.n_zones = MODEL_TENANTS;
    in.zones = files;
    command.of_case = PL__COMMAND__OF_ZONES_PUBLISH;
    command.zones_publish = &in;

    world_tells(w, &command, PL_STR_NULL);
}


/* What the provider lists: a notice, an advert, a code; each day again. */

static inline void
world_listing(world_t *w, uint64_t effect)
{
    size_t                i;
    Pl__TemplateText      body = PL__TEMPLATE_TEXT__INIT;
    Pl__TemplateRecord    record[3], *records[3];
    Pl__TemplateListing   listing = PL__TEMPLATE_LISTING__INIT;
    Pl__SendResult        result = PL__SEND_RESULT__INIT;
    Pl__Command           command = PL__COMMAND__INIT;

    static const struct {
        const char            *name;
        Pl__TemplateCategory   category;
    } listed[] = {
        { "advert", PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_MARKETING },
        { "code", PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_AUTHENTICATION },
        { "notice", PL__TEMPLATE_CATEGORY__TEMPLATE_CATEGORY_UTILITY },
    };

    body.text = (char *) "Text";

    for (i = 0; i < PL_COUNT(listed); i++) {
        pl__template_record__init(&record[i]);
        record[i].name = (char *) listed[i].name;
        record[i].language = (char *) "de";
        record[i].status = PL__TEMPLATE_STATUS__TEMPLATE_STATUS_APPROVED;
        record[i].word = (char *) "APPROVED";
        record[i].has_category = 1;
        record[i].category = listed[i].category;
        record[i].body = &body;
        records[i] = &record[i];
    }

    listing.n_templates = PL_COUNT(listed);
    listing.templates = records;
    result.effect = effect;
    result.epoch = w->epoch;
    result.outcome = PL__OUTCOME__OUTCOME_SENT;
    result.listing = &listing;
    command.of_case = PL__COMMAND__OF_SEND_RESULT;
    command.send_result = &result;

    world_tells(w, &command, PL_STR_NULL);
}


static inline void
world_templates(world_t *w)
{
    size_t            i, n;
    uint64_t          effects[64];
    Pl__SyncRequest   in = PL__SYNC_REQUEST__INIT;
    Pl__Command       command = PL__COMMAND__INIT;

    command.of_case = PL__COMMAND__OF_SYNC_REQUEST;
    command.sync_request = &in;

    for (i = 0; i < MODEL_TENANTS; i++) {
        in.tenant = in.channel = (uint32_t) (i + 1);
        world_tells(w, &command, PL_STR_NULL);
    }

    t_fold(&w->t);
    n = t_attempt(&w->t, w->epoch, effects);
    assert_int_equal(n, MODEL_TENANTS);

    for (i = 0; i < n; i++) {
        world_listing(w, effects[i]);
    }

    t_fold(&w->t);
    assert_int_equal(t_rows(&w->t, PL_TABLE_OUTBOX), MODEL_TENANTS);
}


static inline world_t *
world_new(unsigned seed)
{
    size_t    i;
    world_t  *w;

    w = calloc(1, sizeof(world_t));
    assert_non_null(w);
    w->random = 0x9e3779b97f4a7c15ULL * (seed + 1);

    /* in memory, where there is such a place: no power is cut here */

    t_open_in(&w->t, access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");

    for (i = 0; i < MODEL_PEOPLE; i++) {
        w->people[i].tenant = (unsigned) (i % MODEL_TENANTS);
        (void) snprintf(w->people[i].phone, sizeof(w->people[i].phone),
                        "49170%07zu", i);
    }

    world_publish(w);
    world_zones(w);
    w->epoch = t_sender(&w->t, true, NULL);
    world_templates(w);
    t_pass(&w->t, world_draw(w, 30 * MODEL_DAY_MS));

    return w;
}


static inline void
world_end(world_t *w)
{
    t_close(&w->t);
    free(w);
}

#endif /* T_POLICY_WORLD_H_INCLUDED */
