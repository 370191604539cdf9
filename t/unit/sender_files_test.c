/*
 * Files that are to be fetched, in the keeper's rounds: how many at a time,
 * and that no channel's hide another's. Without threads and without a wire.
 */

#include "keeper.h"


/* n people, from the first on, each send a picture to an account. */

static void
pictures(world_t *w, const char *account, unsigned first, unsigned n)
{
    char      body[1024];
    unsigned  i;

    for (i = first; i < first + n; i++) {
        (void) snprintf(body, sizeof(body),
            "{\"object\":\"whatsapp_business_account\",\"entry\":[{"
            "\"id\":\"1\",\"changes\":[{\"field\":\"messages\",\"value\":{"
            "\"metadata\":{\"phone_number_id\":\"%s\"},\"messages\":[{"
            "\"from\":\"34%07u\",\"id\":\"wamid.%s.%u\",\"timestamp\":"
            "\"%" PRId64 "\",\"type\":\"image\",\"image\":{"
            "\"id\":\"M%u\",\"mime_type\":\"image/jpeg\"}}]}}]}]}", account,
            i, account, i, w->t.wall_ms / 1000, i);
        (void) t_append(&w->t, NULL, body);
    }
}


/* A round: how many of each channel's files went to the fetcher. */

static void
fetch(world_t *w, pls_jobs_t *out, size_t *a, size_t *b)
{
    pls_job_t   *job;
    pls_jobs_t   sent = { NULL, NULL, 0 }, new = { NULL, NULL, 0 };

    *a = *b = 0;
    assert_int_equal(turn(w, &sent), 0);
    pls_queue_take(&w->sn.to_fetch, &new);

    while ((job = pls_jobs_take(&new)) != NULL) {
        *(job->channel == 1 ? a : b) += 1;
        pls_jobs_add(out, job);
    }
}


/* A channel that is refused, with more files than one look sees. */

static void
a_closed_channel_hides_no_other(void **state)
{
    size_t      i, a, b, of_a, of_b;
    world_t     w = { .media_dir = (char *) (uintptr_t) "/media" };
    pls_jobs_t  out = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    pictures(&w, "1001", 1, 2 * PL_INFLIGHT_MAX);
    t_pass(&w.t, 1000);
    pictures(&w, "1002", 1, 3);
    t_fold(&w.t);

    fetch(&w, &out, &a, &b);
    assert_int_equal(a, KEEPER_FETCH_GATE);

    while (out.n != 0) {
        answer(&w, &out, PL__OUTCOME__OUTCOME_ACCOUNT);
    }

    for (i = 0, of_a = 0, of_b = b; i < 8; i++) {
        t_pass(&w.t, 201);
        fetch(&w, &out, &a, &b);
        of_a += a;
        of_b += b;
    }

    assert_int_equal(of_a, 0);          /* it is closed */
    assert_int_equal(of_b, 3);

    world_close(&w);
}


/* What a file was refused for may be the file's alone: who writes is answered,
   and the answer learns from its own whether the account is at fault. */

static void
a_refused_file_holds_up_no_message(void **state)
{
    size_t      a, b;
    world_t     w = { .media_dir = (char *) (uintptr_t) "/media" };
    pls_jobs_t  out = { NULL, NULL, 0 }, sent = { NULL, NULL, 0 };

    (void) state;

    world_open(&w, NO_RATE);
    pictures(&w, "1001", 1, 1);
    t_fold(&w.t);
    fetch(&w, &out, &a, &b);
    assert_int_equal(a, 1);

    answer(&w, &out, PL__OUTCOME__OUTCOME_ACCOUNT);
    pictures(&w, "1001", 2, 1);
    hello(&w, "1001", 3, 1);
    t_fold(&w.t);

    assert_int_equal(turn(&w, &sent), 1);
    pls_queue_take(&w.sn.to_fetch, &out);
    assert_int_equal(out.n, 0);

    /* and the other way round: a message's answer closes both */

    answer(&w, &sent, PL__OUTCOME__OUTCOME_ACCOUNT);
    t_pass(&w.t, 30000);
    assert_int_equal(turn(&w, &sent), 0);
    t_pass(&w.t, 30000 + 1);
    assert_int_equal(turn(&w, &sent), 1);
    pls_queue_take(&w.sn.to_fetch, &out);
    assert_int_equal(out.n, 0);

    /* that was a probe: once it went through, one file is tried likewise */

    answer(&w, &sent, PL__OUTCOME__OUTCOME_SENT);
    assert_int_equal(turn(&w, &sent), 0);
    assert_int_equal(turn(&w, &sent), 0);
    pls_queue_take(&w.sn.to_fetch, &out);
    assert_int_equal(out.n, 1);

    world_close(&w);
}


int
main(void)
{
    static const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_closed_channel_hides_no_other),
        cmocka_unit_test(a_refused_file_holds_up_no_message),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);

    return cmocka_run_group_tests(tests, NULL, NULL);
}
