/*
 * The keeper's rounds on a real store, without threads and without a wire:
 * what is attempted, in which order its slot, its entry and its job come,
 * and what a result frees. The clock is the test's.
 */

#include "keeper.h"

/* What one channel alone may have out. */
#define SHARE  ((PL_INFLIGHT_MAX - PLS_GATE_KEEP) / 2)


/* From a due head to a request, to a result, to nothing left. */

static void
test_round(void **state)
{
    world_t      w = { .k = NULL };
    pls_job_t   *job;
    pls_jobs_t   out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 3);
    t_fold(&w.t);

    assert_int_equal(turn(&w, &out), 3);
    assert_int_equal(slots(&w), 3);
    assert_int_equal(w.k->n_out, 3);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ATTEMPTS), 3);

    job = out.head;
    assert_string_equal(job->request.method, "POST");
    assert_string_equal(job->request.url,
                        "http://127.0.0.1:1/v24.0/1001/messages");
    assert_int_equal(job->attempts, 1);
    assert_int_equal(job->timeout_ms, 1000);

    /* nothing more is due, and nothing is attempted twice */
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ATTEMPTS), 3);

    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(slots(&w), 3);             /* not journalled yet */
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(slots(&w), 1);
    assert_int_equal(t_rows(&w.t, PL_TABLE_OUTBOX), 1);
    assert_int_equal(w.k->idle.n, PL_INFLIGHT_MAX - 1);

    answer(&w, &out, PL__OUTCOME__OUTCOME_UNKNOWN);
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(slots(&w), 0);
    assert_int_equal(t_rows(&w.t, PL_TABLE_UNKNOWN), 1);
    assert_int_equal(w.k->gates.channels[1].out, 0);

    world_close(&w);
}


/* One message after another takes the memory of one, not of all there are. */

static void
test_same_job(void **state)
{
    unsigned      i;
    world_t       w = { .k = NULL };
    pls_job_t    *first;
    pls_jobs_t    out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    first = NULL;

    for (i = 1; i <= 10; i++) {
        hello(&w, "1001", i, 1);
        t_fold(&w.t);
        assert_int_equal(turn(&w, &out), 1);

        if (first == NULL) {
            first = out.head;
        }

        assert_ptr_equal(out.head, first);
        answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
        assert_int_equal(turn(&w, &out), 0);
        assert_int_equal(w.k->idle.n, PL_INFLIGHT_MAX);
    }

    world_close(&w);
}


/*
 * More heads than one channel may have out, in front of another channel's:
 * the other is not kept waiting, and no head gets two jobs.
 */

static void
test_backlog(void **state)
{
    size_t        i, j, n, of_b;
    world_t       w = { .k = NULL };
    pls_job_t    *job;
    pls_jobs_t    out = { NULL, NULL, 0 };
    uint64_t     *seen;

    (void) state;

    n = 3 * PL_INFLIGHT_MAX;
    seen = calloc(n, sizeof(*seen));
    assert_non_null(seen);

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, (unsigned) n);
    t_pass(&w.t, 1000);
    hello(&w, "1002", 1, 5);
    t_fold(&w.t);

    (void) turn(&w, &out);              /* one look finds both */

    assert_in_range(out.n - 5, SHARE - 5, SHARE);

    i = 0;
    of_b = 0;

    for (job = out.head; job != NULL; job = job->next) {
        of_b += job->channel == 2;
        for (j = 0; j < i; j++) {
            assert_true(seen[j] != job->effect);
        }
        seen[i++] = job->effect;
    }

    assert_int_equal(of_b, 5);

    /* as results come in others go out: still no head twice */

    while (out.n > 5) {
        answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    }

    for (n = 0; n < 6; n++) {
        (void) turn(&w, &out);
        while (out.n > 100) {
            answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
        }
    }

    assert_int_equal(t_rows(&w.t, PL_TABLE_ATTEMPTS),
                     out.n + w.k->results.n);

    free(seen);
    world_close(&w);
}


/* No more begins than leaves soon; what has left makes room for more. */

static void
test_rate(void **state)
{
    int         i;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, 20);
    hello(&w, "1001", 1, 50);
    t_fold(&w.t);

    assert_int_equal(turn(&w, &out), 3);
    assert_int_equal(out.head->rate, 20);
    assert_true(w.k->next_ms == w.t.wall_ms + 50);
    assert_int_equal(turn(&w, &out), 0);

    t_pass(&w.t, 500);                  /* nobody lets them go */
    assert_int_equal(turn(&w, &out), 0);

    for (i = 0; i < 2; i++) {
        pls_pace_left(w.sn.pace, 1, 1, 1);
    }
    assert_int_equal(turn(&w, &out), 2);

    world_close(&w);
}


/* An account error closes the channel for all that waits in it. */

static void
test_account(void **state)
{
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 1);
    t_fold(&w.t);

    assert_int_equal(turn(&w, &out), 1);
    hello(&w, "1001", 2, 10);
    hello(&w, "1002", 1, 1);
    t_fold(&w.t);
    answer(&w, &out, PL__OUTCOME__OUTCOME_ACCOUNT);

    assert_int_equal(turn(&w, &out), 1);
    assert_int_equal(out.head->channel, 2);

    t_pass(&w.t, 60000 - 1);
    assert_int_equal(turn(&w, &out), 0);
    t_pass(&w.t, 1);

    /* then one alone, until it has gone through */

    assert_int_equal(turn(&w, &out), 1);
    assert_int_equal(turn(&w, &out), 0);
    (void) pls_jobs_take(&out);         /* that of the other channel */
    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(turn(&w, &out), 10);

    world_close(&w);
}


/* Every job out: nothing more begins, and the limit frees as results come. */

static void
test_inflight(void **state)
{
    unsigned    i;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);

    /* shares leave something to others: free the gates by hand, so that jobs
       are what runs out */

    hello(&w, "1001", 1, PL_INFLIGHT_MAX + 1);
    t_fold(&w.t);

    for (i = 0; i < 99 && w.k->idle.n != 0; i++) {
        (void) turn(&w, &out);
        w.k->gates.channels[1].out = 0;
        w.k->gates.tenants[1].out = 0;
    }

    assert_int_equal(out.n, PL_INFLIGHT_MAX);
    assert_int_equal(slots(&w), PL_INFLIGHT_MAX);
    assert_int_equal(turn(&w, &out), 0);

    /* a job is free once its result is journalled: for the round after */
    answer(&w, &out, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(turn(&w, &out), 1);
    assert_int_equal(out.n, PL_INFLIGHT_MAX);

    world_close(&w);
}


/* --hold: entries are written and folded, no attempt begins. */

static void
test_hold(void **state)
{
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    w.sn.options.hold = true;
    hello(&w, "1001", 1, 3);
    t_fold(&w.t);
    t_pass(&w.t, 5000);

    assert_int_equal(turn(&w, &out), 0);
    assert_int_equal(slots(&w), 0);
    assert_true(atomic_load(&w.sn.metrics.oldest_due_ms[
                                PL__LANE__LANE_REPLY])
                == w.t.wall_ms - 5000);
    assert_true(atomic_load(&w.sn.metrics.oldest_due_ms[
                                PL__LANE__LANE_CAMPAIGN]) == 0);

    world_close(&w);
}


/* The sender ends between Attempt and wire: free, and due again at once. */

static void
test_stopping(void **state)
{
    bool        wrote;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 2);
    t_fold(&w.t);

    t_ok(&w.t, pls_keeper_write(w.k, &wrote, &w.t.err));
    atomic_store(&w.sn.stopping, true);
    t_fold(&w.t);
    w.k->folded = w.k->appended;
    t_ok(&w.t, pls_keeper_collect(w.k, &w.t.err));

    pls_queue_take(&w.sn.to_wire, &out);
    assert_int_equal(out.n, 0);
    assert_int_equal(w.k->results.n, 2);

    t_ok(&w.t, pls_keeper_write(w.k, &wrote, &w.t.err));
    t_fold(&w.t);
    assert_int_equal(slots(&w), 0);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ATTEMPTS), 0);
    assert_int_equal(t_rows(&w.t, PL_TABLE_DUE), 2);

    world_close(&w);
}


/* Attempts that landed although their append failed are taken up, once. */

static void
test_adopt(void **state)
{
    uint64_t    effects[64];
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 4);
    t_fold(&w.t);

    /* one of ours, three that the keeper does not know of */
    w.k->gates.channels = calloc(64, sizeof(pls_gate_t));
    assert_non_null(w.k->gates.channels);
    w.k->gates.n_channels = 64;
    w.k->gates.channels[1].out = PL_INFLIGHT_MAX - PLS_GATE_KEEP - 1;
    assert_int_equal(turn(&w, &out), 1);
    assert_int_equal(t_attempt(&w.t, w.k->epoch, effects), 3);

    t_ok(&w.t, pls_keeper_adopt(w.k, &w.t.err));
    assert_false(w.k->adopt);
    assert_int_equal(w.k->batch.n, 3);
    assert_int_equal(slots(&w), 4);

    w.k->folded = UINT64_MAX;
    t_ok(&w.t, pls_keeper_collect(w.k, &w.t.err));
    pls_queue_take(&w.sn.to_wire, &out);
    assert_int_equal(out.n, 4);

    t_ok(&w.t, pls_keeper_adopt(w.k, &w.t.err));
    assert_int_equal(w.k->batch.n, 0);

    world_close(&w);
}


/*
 * Old dedupe rows: a Prune at a time, a tenth of a second apart while there
 * are more, and then none for a minute.
 */

static void
test_prune(void **state)
{
    int         i;
    uint64_t    rows, before;
    world_t     w = { .k = NULL };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    w.sn.options.hold = true;
    hello(&w, "1001", 1, KEEPER_PRUNE_ROWS + 500);
    t_fold(&w.t);
    rows = t_rows(&w.t, PL_TABLE_DEDUPE);
    assert_true(rows >= KEEPER_PRUNE_ROWS + 500);

    w.k->prune_us = 0;
    (void) turn(&w, &out);
    assert_true(t_rows(&w.t, PL_TABLE_DEDUPE) == rows);
    assert_true(w.k->prune_us > w.t.mono_us + KEEPER_PRUNE_US / 2);

    t_pass(&w.t, (PL_DEDUPE_DAYS + 2) * 86400000LL);

    for (i = 0; i < 20 && w.k->prune_us < w.t.mono_us + KEEPER_PRUNE_US;
         i++)
    {
        before = atomic_load(&w.sn.metrics.appended_entries);
        (void) turn(&w, &out);
        (void) turn(&w, &out);          /* too soon: none */
        assert_true(atomic_load(&w.sn.metrics.appended_entries)
                    <= before + 1);
        if (w.k->prune_us < w.t.mono_us + KEEPER_PRUNE_US) {
            t_pass(&w.t, KEEPER_PRUNE_AGAIN_US / 1000);
        }
    }

    assert_in_range(i, 2, 10);
    assert_int_equal(t_rows(&w.t, PL_TABLE_DEDUPE), 0);

    /* a status of nobody's is old after a day */

    (void) t_append(&w.t, NULL, "{\"object\":\"whatsapp_business_account\","
        "\"entry\":[{\"changes\":[{\"field\":\"messages\",\"value\":{"
        "\"metadata\":{\"phone_number_id\":\"1001\"},\"statuses\":[{"
        "\"id\":\"w\",\"status\":\"sent\",\"timestamp\":1}]}}]}]}");
    t_fold(&w.t);
    t_pass(&w.t, PL_PARKED_KEEP_MS - 1000);
    (void) turn(&w, &out);
    (void) turn(&w, &out);
    assert_int_equal(t_rows(&w.t, PL_TABLE_PARKED), 1);
    t_pass(&w.t, KEEPER_PRUNE_US / 1000);
    (void) turn(&w, &out);
    (void) turn(&w, &out);
    assert_int_equal(t_rows(&w.t, PL_TABLE_PARKED), 0);

    world_close(&w);
}


/*
 * A file that cannot be removed keeps one person from being forgotten, and no
 * other; when it can, they are. A folder in its place is such a file.
 */

static void
test_forgotten_past_another(void **state)
{
    int            i;
    char           dir[256], path[512], file[65];
    char          *files[1] = { file };
    pl_key_t       key;
    pl_txn_t      *txn;
    world_t        w = { .k = NULL };
    pls_jobs_t     out = { NULL, NULL, 0 };
    Pl__Erasure    e = PL__ERASURE__INIT;

    (void) state;
    memset(file, 'a', 64);
    file[64] = '\0';
    (void) snprintf(dir, sizeof(dir), "/tmp/parley-keeper-%d", (int) getpid());
    w.media_dir = dir;
    assert_int_equal(mkdir(dir, 0700), 0);
    (void) snprintf(path, sizeof(path), "%s/aa", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void) snprintf(path, sizeof(path), "%s/aa/aa", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    (void) snprintf(path, sizeof(path), "%s/aa/aa/%s", dir, file);
    assert_int_equal(mkdir(path, 0700), 0);

    world_open(&w, NO_RATE);
    t_ok(&w.t, pl_store_begin(w.t.st, PL_ENV_STATE, true, &txn, &w.t.err));

    for (i = 1; i <= 3; i++) {
        e.tenant = 1;
        e.contact = (uint64_t) i;
        e.entry = (uint64_t) i;
        e.phase = PL__ERASE_PHASE__ERASE_PHASE_FORGET;
        e.n_files = i == 1;
        e.files = files;
        pl_key_tenant_seq(&key, 1, e.entry);
        t_ok(&w.t, pl_record_put(txn, PL_TABLE_ERASING, pl_key_str(&key),
                                 &e.base, false, &w.t.err));
    }

    t_ok(&w.t, pl_store_commit(txn, &w.t.err));

    for (i = 0; i < 3; i++) {
        w.k->look = true;
        (void) turn(&w, &out);
    }

    assert_int_equal(t_rows(&w.t, PL_TABLE_ERASING), 1);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ERASURES), 2);

    assert_int_equal(rmdir(path), 0);
    w.k->look = true;
    (void) turn(&w, &out);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ERASING), 1);    /* too soon */
    t_pass(&w.t, ERASE_AGAIN_US / 1000 + 1);
    w.k->look = true;
    (void) turn(&w, &out);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ERASING), 0);
    assert_int_equal(t_rows(&w.t, PL_TABLE_ERASURES), 3);

    world_close(&w);
    (void) snprintf(path, sizeof(path), "%s/aa/aa", dir);
    (void) rmdir(path);
    (void) snprintf(path, sizeof(path), "%s/aa", dir);
    (void) rmdir(path);
    (void) rmdir(dir);
}


/*
 * An IndexWords that does nothing is not appended again at once, then for
 * half as many messages.
 */

static void
test_words_again(void **state)
{
    world_t  w = { .k = NULL };
    int64_t  now_us = 1;

    (void) state;
    world_open(&w, NO_RATE);

    assert_true(words_again(w.k, 100, true, now_us));
    assert_int_equal(w.k->words_rows, PL_WORDS_SEGMENT);
    assert_true(words_again(w.k, 200, true, now_us));   /* it went on */
    assert_int_equal(w.k->words_rows, PL_WORDS_SEGMENT);
    assert_false(words_again(w.k, 200, true, now_us));
    assert_true(w.k->words_us == now_us + KEEPER_WORDS_TRY_US);
    assert_true(words_again(w.k, 200, true, now_us));
    assert_int_equal(w.k->words_rows, PL_WORDS_SEGMENT / 2);
    assert_false(words_again(w.k, 200, true, now_us));
    assert_true(words_again(w.k, 200, true, now_us));
    assert_int_equal(w.k->words_rows, PL_WORDS_SEGMENT / 4);
    assert_true(words_again(w.k, 201, true, now_us));
    assert_int_equal(w.k->words_rows, PL_WORDS_SEGMENT);

    world_close(&w);
}


/* Going on behind a head: the same rows in the same order, none twice. */

static void
test_heads_after(void **state)
{
    size_t         i, n, one;
    int64_t        first_ms, next_ms;
    world_t        w = { .k = NULL };
    pl_due_t       all[16], step;
    pl_txn_t      *txn;
    pl_due_lane_t  at = { 0, 0, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    hello(&w, "1001", 1, 5);
    t_pass(&w.t, 10);
    hello(&w, "1001", 6, 5);
    hello(&w, "1002", 1, 1);
    t_fold(&w.t);

    txn = t_read(&w.t);
    t_ok(&w.t, pl_outbox_lane(txn, &at, &first_ms, &w.t.err));
    assert_int_equal(at.channel, 1);
    assert_int_equal(at.lane, PL__LANE__LANE_REPLY);
    assert_true(first_ms == w.t.wall_ms - 10);

    /* at most as many as are asked for; the next one is due already */
    t_ok(&w.t, pl_outbox_heads(txn, &at, NULL, w.t.wall_ms, all, 9, &n,
                               &next_ms, &w.t.err));
    assert_int_equal(n, 9);
    assert_true(next_ms == w.t.wall_ms);

    /* by time: those that are due later are not there yet */
    t_ok(&w.t, pl_outbox_heads(txn, &at, NULL, w.t.wall_ms - 1, all, 16, &n,
                               &next_ms, &w.t.err));
    assert_int_equal(n, 5);
    assert_true(next_ms == w.t.wall_ms);

    t_ok(&w.t, pl_outbox_heads(txn, &at, NULL, w.t.wall_ms, all, 16, &n,
                               &next_ms, &w.t.err));
    assert_int_equal(n, 10);
    assert_true(next_ms == INT64_MAX);

    step = all[0];
    for (i = 1; i < n; i++) {
        t_ok(&w.t, pl_outbox_heads(txn, &at, &step, w.t.wall_ms, &step, 1,
                                   &one, &next_ms, &w.t.err));
        assert_int_equal(one, 1);
        assert_true(step.attempt.effect == all[i].attempt.effect);
        assert_true(step.due_ms == all[i].due_ms);
    }

    t_ok(&w.t, pl_outbox_heads(txn, &at, &step, w.t.wall_ms, &step, 1, &one,
                               &next_ms, &w.t.err));
    assert_int_equal(one, 0);

    at.lane++;
    t_ok(&w.t, pl_outbox_lane(txn, &at, &first_ms, &w.t.err));
    assert_int_equal(at.channel, 2);

    at.lane++;
    assert_int_equal(pl_outbox_lane(txn, &at, &first_ms, &w.t.err),
                     PL_NOTFOUND);

    pl_store_abort(txn);
    world_close(&w);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_round),
        cmocka_unit_test(test_same_job),
        cmocka_unit_test(test_backlog),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_account),
        cmocka_unit_test(test_inflight),
        cmocka_unit_test(test_hold),
        cmocka_unit_test(test_stopping),
        cmocka_unit_test(test_adopt),
        cmocka_unit_test(test_prune),
        cmocka_unit_test(test_forgotten_past_another),
        cmocka_unit_test(test_words_again),
        cmocka_unit_test(test_heads_after),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
