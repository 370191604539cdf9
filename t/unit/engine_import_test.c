/*
 * A tenant that leaves, and comes to another store: what is written out is
 * whole and has no secret; each number in it is known for what it is; an
 * import is the same tenant under other numbers, goes on where it was
 * killed, and refuses what is not the next piece of it.
 */

#include "../../src/core/store_impl.h"
#include "../../src/engine/import_impl.h"
#include "../../src/engine/leaver_numbers.h"
#include "../../src/engine/request.h"
#include "ctl.h"
#include "people.h"

#define ANA   "34600111222"
#define BOB   "34600333444"
#define MANY  600

#define TASKS                                                                 \
    "{\"flow\":\"tasks\",\"start\":\"tell\",\"triggers\":["                   \
    "{\"keywords\":[\"hello\"],\"step\":\"tell\"}],\"entries\":[\"tell\"],"   \
    "\"steps\":{\"tell\":{\"say\":{\"text\":\"Of then.\"}}}}"


/* ---- the tables of fields ------------------------------------------- */

static const ProtobufCMessageDescriptor  *seen[256];
static size_t                             n_seen, n_unknown;


static void
fields_known(const ProtobufCMessageDescriptor *type)
{
    unsigned                         i;
    const ProtobufCFieldDescriptor  *f;

    if (type == &pl__effect__descriptor) {
        return;                         /* of timers that are no tasks */
    }

    for (i = 0; i < n_seen; i++) {
        if (seen[i] == type) {
            return;
        }
    }

    assert_true(n_seen < PL_COUNT(seen));
    seen[n_seen++] = type;

    for (i = 0; i < type->n_fields; i++) {
        f = &type->fields[i];

        if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
            fields_known(f->descriptor);

        } else if (pl_leaver_number(type, f) == PL_NUMBER_NONE) {
            print_error("%s.%s: is it a record's number? "
                        "leaver_numbers.c\n", type->name, f->name);
            n_unknown++;
        }
    }
}


static void
every_number_is_known_for_what_it_is(void **state)
{
    int  part;

    (void) state;
    fields_known(&pl__leaver__line__descriptor);

    for (part = 0; part < PL_LEAVER_PARTS; part++) {
        if (pl_leaver_comes((pl_leaver_e) part)) {
            fields_known(pl_leaver_type((pl_leaver_e) part));
        }
    }

    assert_int_equal(n_unknown, 0);
    assert_true(n_seen > 20);
}


static void
every_table_is_decided(void **state)
{
    int  table;

    (void) state;

    for (table = 0; table < PL_TABLE_COUNT; table++) {
        if (pl_leaver_fate((pl_table_e) table) == PL_LEAVER_UNDECIDED) {
            fail_msg("%s: does it go? leaver.c",
                     pl_store_tables[table].name);
        }
    }
}


/* Secrets are bytes, and these are all that there are. */

static void
bytes_of_settings_are_taken_away(void **state)
{
    unsigned              i, n = 0;
    Pl__ChannelSettings   ch = PL__CHANNEL_SETTINGS__INIT;

    (void) state;

    for (i = 0; i < ch.base.descriptor->n_fields; i++) {
        n += ch.base.descriptor->fields[i].type == PROTOBUF_C_TYPE_BYTES;
    }

    assert_int_equal(n, 2);
    ch.has_token = ch.has_token_mac = 1;
    pl_leaver_trim(&ch.base);
    assert_false(ch.has_token);
    assert_false(ch.has_token_mac);

    for (i = 0; i < pl__tenant_settings__descriptor.n_fields; i++) {
        assert_int_not_equal(pl__tenant_settings__descriptor.fields[i].type,
                             PROTOBUF_C_TYPE_BYTES);
    }
}


/* ---- two stores ----------------------------------------------------- */

/* Runs it, and folds meanwhile; pieces: killed when so many are in. */

static t_said_t
run(t_engine_t *t, const char *words, uint64_t pieces)
{
    int          i;
    pid_t        pid;
    siginfo_t    info;
    Pl__Import  *import;

    struct timespec  nap = { 0, 2000000 };

    pid = t_ctl_start(t, words);

    for (i = 0; i < 30000; i++) {
        memset(&info, 0, sizeof(info));
        assert_int_equal(waitid(P_PID, (id_t) pid, &info,
                                WEXITED | WNOHANG | WNOWAIT), 0);
        if (info.si_pid != 0) {
            return t_ctl_end(t, pid);
        }

        (void) t_fold(t);

        if (pieces != 0 && t_rows(t, PL_TABLE_IMPORTS) == 1) {
            import = (Pl__Import *) t_row(t, PL_TABLE_IMPORTS, 0,
                                          &pl__import__descriptor);
            if (import->records >= pieces) {
                assert_int_equal(kill(pid, SIGKILL), 0);
                return t_ctl_end(t, pid);
            }
        }

        (void) nanosleep(&nap, NULL);
    }

    fail_msg("parleyctl %s did not end", words);

    return t_ctl_end(t, pid);
}


static void
run_is(t_engine_t *t, const char *words, int status, const char *says)
{
    t_said_t  said;

    said = run(t, words, 0);

    if (said.status != status
        || (says != NULL && strstr(said.out, says) == NULL
            && strstr(said.err, says) == NULL))
    {
        fail_msg("parleyctl %s: %d\n%s%s", words, said.status, said.out,
                 said.err);
    }
}


/* Somebody writes much, somebody says STOP, a flow answers. */

static void
talk(t_engine_t *t)
{
    char      wamid[32];
    unsigned  i;

    for (i = 0; i < MANY; i++) {
        (void) snprintf(wamid, sizeof(wamid), "wamid.A%u", i);
        (void) t_located(t, ANA, wamid, t->wall_ms / 1000);
    }

    (void) t_text(t, ANA, "wamid.A", t->wall_ms / 1000, "hello");
    (void) t_text(t, BOB, "wamid.B", t->wall_ms / 1000, "STOP");
    (void) t_fold(t);
}


static char *
file_of(t_engine_t *t, const char *name)
{
    return pl_arena_printf(t->ar, "%s.%s", t->dir, name);
}


static const char *
words_of(t_engine_t *t, const char *what, const char *path)
{
    return pl_arena_printf(t->ar, "tenant %s demo %s", what, path);
}


static uint64_t
sum_of(t_engine_t *t)
{
    return t_rows(t, PL_TABLE_CONTACTS) + t_rows(t, PL_TABLE_CONVERSATIONS)
           + t_rows(t, PL_TABLE_MESSAGES) + t_rows(t, PL_TABLE_CONSENTS);
}


static void
an_import_is_the_same_tenant(void **state)
{
    char         *path;
    uint64_t      first;
    t_engine_t    t, u;
    Pl__Message  *m;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);
    path = file_of(&t, "export");
    run_is(&t, words_of(&t, "export", path), 0, "2 messages had not left");
    run_is(&t, words_of(&t, "export", path), 1, "cannot make the file");
    assert_int_equal(t_counted(&t, "privacy", "exported"), 1);

    t_open(&u);
    t_configure(&u);
    run_is(&u, words_of(&u, "import", path), 0, "imported");

    assert_int_equal(sum_of(&u), sum_of(&t));
    assert_int_equal(t_rows(&u, PL_TABLE_ADDRESSES),
                     t_rows(&t, PL_TABLE_ADDRESSES));
    assert_int_equal(t_rows(&u, PL_TABLE_NAMES), t_rows(&t, PL_TABLE_NAMES));
    assert_int_equal(t_rows(&u, PL_TABLE_QUIET), 2);
    assert_int_equal(t_rows(&u, PL_TABLE_OUTBOX), 0);
    assert_int_equal(t_counted(&u, "privacy", "imported"), 1);
    (void) t_ctl_is(&u, "check", 0);

    first = t_rows(&u, PL_TABLE_MESSAGES);
    m = t_message(&u, 0);
    assert_string_equal(m->content->type,
                        t_message(&t, 0)->content->type);

    /* a second time, and of somebody who is there already */

    run_is(&u, words_of(&u, "import", path), 1, "import.done");
    run_is(&t, words_of(&t, "import", path), 1, "import.not_empty");

    /* it lives on */

    t_pass(&u, 60000);
    (void) t_text(&u, ANA, "wamid.later", u.wall_ms / 1000, "again");
    (void) t_fold(&u);
    assert_int_equal(t_rows(&u, PL_TABLE_CONTACTS), 2);
    assert_int_equal(t_rows(&u, PL_TABLE_CONVERSATIONS), 2);
    assert_int_equal(t_rows(&u, PL_TABLE_MESSAGES), first + 2);
    assert_int_equal(t_message(&u, (unsigned) first)->contact, m->contact);
    assert_int_equal(t_rows(&u, PL_TABLE_QUIET), 1);
    (void) t_ctl_is(&u, "check", 0);

    (void) unlink(path);
    t_close(&u);
    t_close(&t);
}


static void
indexes(t_engine_t *t)
{
    Pl__Command      command = PL__COMMAND__INIT;
    Pl__IndexWords   in = PL__INDEX_WORDS__INIT;

    in.rows = 2048;
    command.of_case = PL__COMMAND__OF_INDEX_WORDS;
    command.index_words = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);
}


static void
an_import_is_given_up(void **state)
{
    char        *path;
    t_engine_t   t, u;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);
    path = file_of(&t, "export");
    run_is(&t, words_of(&t, "export", path), 0, "exported");

    t_open(&u);
    t_configure(&u);
    run_is(&u, "tenant abandon demo", 1, "no import");
    assert_int_equal(run(&u, words_of(&u, "import", path), 100).status, -1);
    (void) t_fold(&u);
    run_is(&u, "tenant abandon demo", 0, "given up");
    run_is(&u, words_of(&u, "import", path), 1, "import.done");
    (void) t_located(&u, ANA, "wamid.new", u.wall_ms / 1000);
    (void) t_fold(&u);
    indexes(&u);
    assert_true(t_rows(&u, PL_TABLE_WORDS) > 0);

    (void) unlink(path);
    t_close(&u);
    t_close(&t);
}


static void
an_import_that_was_killed_goes_on(void **state)
{
    char        *path;
    t_said_t     said;
    t_engine_t   t, u;
    Pl__Import  *import;

    (void) state;
    t_open(&t);
    t_configure(&t);
    talk(&t);
    path = file_of(&t, "export");
    run_is(&t, words_of(&t, "export", path), 0, "exported");

    t_open(&u);
    t_configure(&u);
    said = run(&u, words_of(&u, "import", path), 100);
    assert_int_equal(said.status, -1);
    (void) t_fold(&u);
    import = (Pl__Import *) t_row(&u, PL_TABLE_IMPORTS, 0,
                                  &pl__import__descriptor);
    assert_false(import->has_ended_ms);
    assert_true(import->records >= 100);
    assert_true(t_rows(&u, PL_TABLE_MESSAGES) < MANY);

    /* words wait for what comes in front of others */

    (void) t_located(&u, "34600999888", "wamid.new", u.wall_ms / 1000);
    (void) t_fold(&u);
    indexes(&u);
    assert_int_equal(t_rows(&u, PL_TABLE_WORDS), 0);

    run_is(&u, words_of(&u, "import", path), 0, "imported");
    assert_int_equal(sum_of(&u), sum_of(&t) + 3);
    indexes(&u);
    assert_true(t_rows(&u, PL_TABLE_WORDS) > 0);
    (void) t_ctl_is(&u, "check", 0);

    (void) unlink(path);
    t_close(&u);
    t_close(&t);
}


/* ---- all kinds of records, in stores that are sealed ---------------- */

static void
arms(t_engine_t *t, uint64_t who, const char *name)
{
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__TaskArm    in = PL__TASK_ARM__INIT;

    in.tenant = 1;
    in.contact = who;
    in.name = (char *) name;
    in.flow = (char *) "tasks";
    in.step = (char *) "tell";
    in.at_ms = t->wall_ms + 86400000;
    command.of_case = PL__COMMAND__OF_TASK_ARM;
    command.task_arm = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);
}


static void
notes(t_engine_t *t, uint64_t who)
{
    Pl__Command   command = PL__COMMAND__INIT;
    Pl__NoteAdd   in = PL__NOTE_ADD__INIT;

    in.tenant = 1;
    in.party_kind = PL__PARTY_KIND__PARTY_KIND_CONTACT;
    in.party = who;
    in.text = (char *) "call her";
    command.of_case = PL__COMMAND__OF_NOTE_ADD;
    command.note_add = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);
}


static void
live(t_engine_t *t)
{
    pl_appended_t  out;

    t_ok(t, pl_slots_turn(t->st->slots, true, &t->err));
    t_ok(t, t_publish(t, 1, TASKS, "main", &out));
    (void) t_fold(t);
}


static void
all_kinds(t_engine_t *t)
{
    says(t, ANA, NULL, "wamid.1", "hello");
    says(t, BOB, NULL, "wamid.2", "hello");
    says(t, NULL, "user.of.carl", "wamid.3", "hello");
    join(t, contact(t, 0)->id, contact(t, 1)->id);
    notes(t, contact(t, 0)->id);
    arms(t, contact(t, 0)->id, "visit");
    says(t, NULL, "user.of.carl", "wamid.4", "can you stop asking me that");
    (void) t_items(t, "messages", "{\"from\":\"34600555666\","
                   "\"group_id\":\"a-group-of-theirs\",\"id\":\"wamid.5\","
                   "\"timestamp\":\"1760000000\",\"type\":\"text\","
                   "\"text\":{\"body\":\"hi all\"}}");
    (void) t_fold(t);
}


static void
all_kinds_come_along(void **state)
{
    char        *path;
    size_t       i;
    t_engine_t   t, u;
    Pl__Timer   *timer;

    static const pl_table_e  tables[] = {
        PL_TABLE_CONTACTS, PL_TABLE_ADDRESSES, PL_TABLE_NAMES,
        PL_TABLE_MERGES, PL_TABLE_GROUPS, PL_TABLE_CONVERSATIONS,
        PL_TABLE_MESSAGES, PL_TABLE_NOTES, PL_TABLE_TASKS, PL_TABLE_REVIEWS,
        PL_TABLE_CONSENTS, PL_TABLE_CAPS, PL_TABLE_UNREAD, PL_TABLE_VIEWS
    };

    (void) state;
    t_open(&t);
    live(&t);
    all_kinds(&t);
    assert_int_equal(t_rows(&t, PL_TABLE_MERGES), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_GROUPS), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_TASKS), 1);
    assert_int_equal(t_rows(&t, PL_TABLE_NOTES), 1);
    (void) t_ctl_is(&t, "check", 0);
    path = file_of(&t, "export");
    run_is(&t, words_of(&t, "export", path), 0, "exported");

    t_open(&u);
    live(&u);
    run_is(&u, words_of(&u, "import", path), 0, "imported");

    for (i = 0; i < PL_COUNT(tables); i++) {
        if (t_rows(&u, tables[i]) != t_rows(&t, tables[i])) {
            fail_msg("%s: not as many", pl_store_tables[tables[i]].name);
        }
    }

    timer = (Pl__Timer *) t_row(&u, PL_TABLE_TIMERS, 0,
                                &pl__timer__descriptor);
    assert_true(timer->has_ended_ms);
    assert_int_equal(timer->end, PL__TIMER_END__TIMER_END_CANCELLED);
    assert_int_equal(contact(&u, 1)->joined_to, contact(&u, 0)->id);
    assert_int_equal(leads(&u, PHONE, BOB), contact(&u, 0)->id);
    (void) t_ctl_is(&u, "check", 0);

    /* who was joined is taken apart by the merge that came along */

    split(&u, merge(&u, 0)->id);
    assert_int_equal(leads(&u, PHONE, BOB), contact(&u, 1)->id);
    (void) t_ctl_is(&u, "check", 0);

    (void) unlink(path);
    t_close(&u);
    t_close(&t);
}


/* ---- the command itself --------------------------------------------- */

typedef struct {
    uint8_t             key[PL_REQUEST_KEY_LEN];
    uint8_t             digest[PL_SHA256_LEN];
    uint8_t             row[256];
    Pl__Leaver__Line    line;
    Pl__ImportRecord    record, *records[1];
    Pl__TenantImport    in;
} piece_t;


static void
piece(piece_t *p, uint64_t number, uint64_t joined_to)
{
    Pl__Contact  c = PL__CONTACT__INIT;

    c.id = number;
    c.name = (char *) "Ana";
    c.has_joined_to = joined_to != 0;
    c.joined_to = joined_to;
    p->row[0] = PL_ENVELOPE_PLAIN;

    pl__leaver__line__init(&p->line);
    p->line.table = (char *) "contacts";
    p->line.has_number = 1;
    p->line.number = number;
    pl__import_record__init(&p->record);
    p->record.line = &p->line;
    p->record.row.data = p->row;
    p->record.row.len = 1 + pl__contact__pack(&c, p->row + 1);
    p->records[0] = &p->record;

    pl__tenant_import__init(&p->in);
    p->in.tenant = 1;
    p->in.digest.data = p->digest;
    p->in.digest.len = sizeof(p->digest);
    p->in.has_span = 1;
    p->in.span = 100;
    p->in.n_records = 1;
    p->in.records = p->records;
}


/* What became of it: "" or the rule. */

static const char *
ask(t_engine_t *t, piece_t *p)
{
    pl_txn_t       *txn;
    Pl__Asked       asked = PL__ASKED__INIT;
    Pl__Command     inner = PL__COMMAND__INIT, command = PL__COMMAND__INIT;
    pl_status_t     rc;
    Pl__Verdict    *verdict;

    p->key[0]++;
    inner.of_case = PL__COMMAND__OF_TENANT_IMPORT;
    inner.tenant_import = &p->in;
    asked.tenant = p->in.tenant;
    asked.key.data = p->key;
    asked.key.len = sizeof(p->key);
    asked.digest = asked.key;
    asked.command = &inner;
    command.of_case = PL__COMMAND__OF_ASKED;
    command.asked = &asked;

    (void) t_append(t, &command, NULL);
    (void) t_fold(t);

    txn = t_read(t);
    rc = pl_request_get(txn, p->in.tenant, p->key, t->wall_ms, t->ar,
                        &verdict, &t->err);
    pl_store_abort(txn);
    t_ok(t, rc);

    return verdict->decision == PL__DECISION__DECISION_REFUSED
           ? verdict->rule : "";
}


static void
nobody_is_erased_meanwhile(t_engine_t *t, piece_t *p)
{
    pl_txn_t      *txn;
    Pl__Erase      in = PL__ERASE__INIT;
    Pl__Command    command = PL__COMMAND__INIT;
    Pl__Verdict   *verdict;

    p->key[0]++;
    in.tenant = 1;
    in.key.data = p->key;
    in.key.len = sizeof(p->key);
    in.has_contact = 1;
    in.contact = ((Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, 0,
                                        &pl__contact__descriptor))->id;
    command.of_case = PL__COMMAND__OF_ERASE;
    command.erase = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);

    txn = t_read(t);
    t_ok(t, pl_request_get(txn, 1, p->key, t->wall_ms, t->ar, &verdict,
                           &t->err));
    pl_store_abort(txn);
    assert_string_equal(verdict->rule, "erase.importing");
    assert_int_equal(t_rows(t, PL_TABLE_ERASING), 0);
}


static void
what_is_not_the_next_piece_is_refused(void **state)
{
    piece_t             p = { { 0 }, { 0 }, { 0 }, PL__LEAVER__LINE__INIT,
                              PL__IMPORT_RECORD__INIT, { NULL },
                              PL__TENANT_IMPORT__INIT };
    t_engine_t          t;
    Pl__Leaver__Count   count = PL__LEAVER__COUNT__INIT, *counts[1];

    (void) state;
    t_open(&t);
    t_configure(&t);

    piece(&p, 7, 0);
    p.in.from = 1;
    assert_string_equal(ask(&t, &p), "import.order");

    piece(&p, 100, 0);                  /* one past the span */
    assert_string_equal(ask(&t, &p), "request.refused");
    piece(&p, 99, 100);                 /* in the row */
    assert_string_equal(ask(&t, &p), "request.refused");
    p.line.table = (char *) "entries";
    assert_string_equal(ask(&t, &p), "request.refused");
    piece(&p, 99, 0);
    p.in.tenant = 2;
    assert_string_equal(ask(&t, &p), "request.refused");
    assert_int_equal(t_rows(&t, PL_TABLE_IMPORTS), 0);
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 0);

    piece(&p, 99, 0);                   /* the last that there can be */
    assert_string_equal(ask(&t, &p), "");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    assert_string_equal(ask(&t, &p), "import.order");
    nobody_is_erased_meanwhile(&t, &p);

    piece(&p, 98, 0);
    p.in.from = 1;
    p.digest[0] = 1;
    assert_string_equal(ask(&t, &p), "import.other");
    p.digest[0] = 0;

    count.table = (char *) "contacts";
    count.rows = 3;
    counts[0] = &count;
    p.in.n_counts = 1;
    p.in.counts = counts;
    assert_string_equal(ask(&t, &p), "import.counts");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 1);
    count.rows = 2;
    assert_string_equal(ask(&t, &p), "");
    assert_int_equal(t_rows(&t, PL_TABLE_CONTACTS), 2);
    assert_string_equal(ask(&t, &p), "import.done");
    (void) t_ctl_is(&t, "check", 0);
    t_close(&t);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_number_is_known_for_what_it_is),
        cmocka_unit_test(every_table_is_decided),
        cmocka_unit_test(bytes_of_settings_are_taken_away),
        cmocka_unit_test(an_import_is_the_same_tenant),
        cmocka_unit_test(an_import_that_was_killed_goes_on),
        cmocka_unit_test(an_import_is_given_up),
        cmocka_unit_test(all_kinds_come_along),
        cmocka_unit_test(what_is_not_the_next_piece_is_refused),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
