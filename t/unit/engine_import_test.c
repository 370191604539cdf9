/*
 * A tenant that leaves, and comes to another store: what is written out is
 * whole and has no secret; each number in it is known for what it is; an
 * import is the same tenant under other numbers, goes on where it was
 * killed, and can be given up.
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
    t.wall_ms = (int64_t) time(NULL) * 1000;    /* as parleyctl's own is */
    t_configure(&t);
    talk(&t);
    path = file_of(&t, "export");
    run_is(&t, words_of(&t, "export", path), 0, "2 messages had not left");
    run_is(&t, words_of(&t, "export", path), 1, "cannot make the file");
    assert_int_equal(t_counted(&t, "privacy", "exported"), 1);

    t_open(&u);
    u.wall_ms = t.wall_ms;
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

    run_is(&u, words_of(&u, "import", path), 0, "imported");
    assert_int_equal(t_rows(&u, PL_TABLE_MESSAGES), first);
    assert_int_equal(t_counted(&u, "privacy", "imported"), 1);
    run_is(&t, words_of(&t, "import", path), 1, "import.not_empty");

    /* what was heard there is delivered here once more */

    assert_int_equal(t_rows(&u, PL_TABLE_DEDUPE),
                     t_rows(&t, PL_TABLE_DEDUPE));
    (void) t_text(&u, ANA, "wamid.A", m->provider_time_s, "hello");
    (void) t_fold(&u);
    assert_int_equal(t_rows(&u, PL_TABLE_MESSAGES), first);
    assert_int_equal(t_rows(&u, PL_TABLE_OUTBOX), 0);

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


/* One command of giving it up; of so many rows it leaves some. */

static void
give_up_once(t_engine_t *t)
{
    Pl__Import        *import;
    Pl__Command        command = PL__COMMAND__INIT;
    Pl__TenantImport   in = PL__TENANT_IMPORT__INIT;

    import = (Pl__Import *) t_row(t, PL_TABLE_IMPORTS, 0,
                                  &pl__import__descriptor);
    in.tenant = 1;
    in.digest = import->digest;
    in.from = import->records;
    command.of_case = PL__COMMAND__OF_TENANT_IMPORT;
    command.tenant_import = &in;
    (void) t_append(t, &command, NULL);
    (void) t_fold(t);
}


static void
nothing_is_left(t_engine_t *t)
{
    size_t  i;

    static const pl_table_e  tables[] = {
        PL_TABLE_CONTACTS, PL_TABLE_ADDRESSES, PL_TABLE_NAMES,
        PL_TABLE_CONSENTS, PL_TABLE_CONVERSATIONS, PL_TABLE_MESSAGES,
        PL_TABLE_QUIET, PL_TABLE_UNREAD, PL_TABLE_VIEWS, PL_TABLE_IMPORTS,
        PL_TABLE_TASKS, PL_TABLE_NOTES
    };

    for (i = 0; i < PL_COUNT(tables); i++) {
        if (t_rows(t, tables[i]) != 0) {
            fail_msg("%s: %d rows", pl_store_tables[tables[i]].name,
                     (int) t_rows(t, tables[i]));
        }
    }
}


static void
an_import_is_given_up(void **state)
{
    char        *path;
    uint64_t     before;
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
    assert_int_equal(run(&u, words_of(&u, "import", path), 500).status, -1);
    (void) t_fold(&u);
    (void) t_located(&u, ANA, "wamid.new", u.wall_ms / 1000);
    (void) t_fold(&u);
    before = t_rows(&u, PL_TABLE_MESSAGES);
    assert_true(before >= 400);
    assert_int_equal(t_rows(&u, PL_TABLE_QUARANTINE), 1);
    (void) t_ctl_is(&u, "check", 0);

    /* given up, killed, and given up once more */

    give_up_once(&u);
    assert_int_equal(t_rows(&u, PL_TABLE_MESSAGES), before - 256);
    (void) t_ctl_is(&u, "check", 0);
    run_is(&u, words_of(&u, "import", path), 1, "import.given_up");
    run_is(&u, "tenant abandon demo", 0, "given up");
    nothing_is_left(&u);
    (void) t_ctl_is(&u, "check", 0);

    /* as if nothing had been: it can begin anew, or go on without */

    run_is(&u, words_of(&u, "import", path), 0, "1 that came meanwhile read");
    assert_int_equal(sum_of(&u), sum_of(&t) + 1);
    assert_int_equal(t_rows(&u, PL_TABLE_QUARANTINE), 0);
    indexes(&u);
    assert_true(t_rows(&u, PL_TABLE_WORDS) > 0);
    (void) t_ctl_is(&u, "check", 0);
    run_is(&u, "tenant abandon demo", 1, "no import");

    (void) unlink(path);
    t_close(&u);
    t_close(&t);
}


static bool
revoked(t_engine_t *t, const char *phone)
{
    size_t        i, j;
    Pl__Contact  *c;

    for (i = 0; i < t_rows(t, PL_TABLE_CONTACTS); i++) {
        c = (Pl__Contact *) t_row(t, PL_TABLE_CONTACTS, (unsigned) i,
                                  &pl__contact__descriptor);

        for (j = 0; j < c->n_addresses; j++) {
            if (strcmp(c->addresses[j]->value, phone) == 0) {
                return c->n_consents != 0;
            }
        }
    }

    return false;
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

    /* words wait, and so does who writes: STOP of somebody who comes yet */

    (void) t_text(&u, BOB, "wamid.new", u.wall_ms / 1000, "hello");
    (void) t_text(&u, "34600999888", "wamid.other", u.wall_ms / 1000, "hi");
    (void) t_fold(&u);
    assert_int_equal(t_rows(&u, PL_TABLE_QUARANTINE), 2);
    assert_int_equal(t_rows(&u, PL_TABLE_OUTBOX), 0);
    indexes(&u);
    assert_int_equal(t_rows(&u, PL_TABLE_WORDS), 0);
    (void) t_ctl_is(&u, "check", 0);

    run_is(&u, words_of(&u, "export", "-"), 1, "is being read in");
    run_is(&u, "contact set demo " BOB " --name Bob", 1, "import.open");
    run_is(&u, words_of(&u, "import", path), 0, "2 that came meanwhile read");
    assert_int_equal(t_rows(&u, PL_TABLE_QUARANTINE), 0);
    assert_int_equal(t_rows(&u, PL_TABLE_CONTACTS),
                     t_rows(&t, PL_TABLE_CONTACTS) + 1);
    assert_true(revoked(&u, BOB));
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
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
