/*
 * See fetch_step.h.
 */

#include <string.h>

#include "../channel/delay.h"
#include "../channel/mime.h"
#include "../core/str.h"
#include "fetch_step.h"
#include "result.h"

static bool step_asked(pls_job_t *job, const pl_codec_t *codec,
    int64_t now_ms);
static bool step_fits(pls_job_t *job);
static bool step_begin(pls_job_t *job);
static bool step_got(pls_job_t *job, int64_t now_ms);
static bool step_refused(pls_job_t *job, int64_t now_ms);
static bool step_again(pls_job_t *job);
static bool step_whole(pls_job_t *job);
static bool step_digest(pls_job_t *job, bool *more);
static bool step_announced(const pls_fetch_t *fetch);
static void step_keep(pls_job_t *job);
static bool step_sink(void *data, const uint8_t *bytes, size_t n);
static bool step_end(pls_job_t *job, Pl__Outcome outcome, const char *why);
static bool step_disk(pls_job_t *job);
static bool step_silent(pls_job_t *job);
static void step_ask(pls_job_t *job);
static char *step_word(const char *word);


pl_status_t
pls_fetch_make(pls_job_t *job, const pl_files_t *files,
    const pl_fetch_t *what, const char *dir, uint64_t max, uint64_t epoch,
    pl_err_t *err)
{
    pl_status_t           rc;
    pls_fetch_t          *fetch;
    Pl__ChannelSettings  *channel;

    fetch = pl_arena_zalloc(job->arena, sizeof(*fetch));
    channel = pl_arena_alloc(job->arena, sizeof(*channel));
    if (fetch == NULL || channel == NULL) {
        return pl_err_set(err, PL_NOMEM, "build", 0, "out of memory");
    }

    /* the settings may be replaced while the job is out */

    pl__channel_settings__init(channel);
    channel->account = pl_arena_printf(job->arena, "%s",
                                       what->channel->account);
    channel->api_base_url = pl_arena_printf(job->arena, "%s",
                                            what->channel->api_base_url);
    channel->api_version = pl_arena_printf(job->arena, "%s",
                                           what->channel->api_version);

    fetch->files = files;
    fetch->what = *what;
    fetch->what.channel = channel;
    fetch->dir = pl_arena_printf(job->arena, "%s", dir);
    fetch->max = max;
    fetch->epoch = epoch;
    fetch->ask_timeout_ms = job->timeout_ms;

    if (channel->account == NULL || channel->api_base_url == NULL
        || channel->api_version == NULL || fetch->dir == NULL)
    {
        return pl_err_set(err, PL_NOMEM, "build", 0, "out of memory");
    }

    rc = files->ask(&fetch->what, job->arena, &fetch->ask, err);

    if (rc == PL_OK) {
        job->fetch = fetch;
        step_ask(job);
    }

    return rc;
}


bool
pls_fetch_step(pls_job_t *job, const pl_codec_t *codec, int64_t now_ms,
    uint32_t random32)
{
    bool  more;

    pls_result_begin(job, job->fetch->epoch);

    if (job->wire.end == PLS_END_STOPPED) {
        pl_shelf_drop(&job->fetch->spool);
        pls_result_local(job, job->fetch->epoch,
                         PL__OUTCOME__OUTCOME_THROTTLE, "the sender ends",
                         now_ms, random32);
        return false;
    }

    more = job->fetch->getting ? step_got(job, now_ms)
                               : step_asked(job, codec, now_ms);

    if (!more) {
        pl_shelf_drop(&job->fetch->spool);
        job->result.effect = job->effect;
        job->result.epoch = job->fetch->epoch;
        pls_result_end(job, now_ms, random32);
    }

    return more;
}


static bool
step_asked(pls_job_t *job, const pl_codec_t *codec, int64_t now_ms)
{
    pl_answer_t   answer;
    pls_fetch_t  *fetch = job->fetch;

    pls_result_answer(&job->wire, now_ms, &answer);

    if (answer.status == 0) {
        return step_silent(job);
    }

    if (fetch->files->place(codec, &fetch->what, &answer, job->arena,
                            &fetch->place, &job->result, NULL)
        != PL_OK)
    {
        pls_result_begin(job, fetch->epoch);
        return step_end(job, PL__OUTCOME__OUTCOME_RETRY, "answer too large");
    }

    if (job->result.outcome != PL__OUTCOME__OUTCOME_SENT) {
        return false;
    }

    return step_fits(job) && step_begin(job);
}


/* By what is announced: what would be refused at its end is not begun. */

static bool
step_fits(pls_job_t *job)
{
    pls_fetch_t       *fetch = job->fetch;
    const pl_place_t  *place = &fetch->place;

    if (place->mime_type == NULL) {
        return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                        "its type is not known");
    }

    if (fetch->what.media->mime_type != NULL
        && !pl_mime_same(pl_str_c(place->mime_type),
                         pl_str_c(fetch->what.media->mime_type)))
    {
        return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                        "its type is not the message's");
    }

    fetch->limit = fetch->files->limit(fetch->what.kind, place->mime_type);

    if (fetch->limit == 0) {
        return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                        "its type is not one of its kind");
    }

    if (fetch->max < fetch->limit) {
        fetch->limit = fetch->max;
    }

    if (place->has_bytes) {
        if (place->bytes > fetch->limit) {
            return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                            "larger than allowed");
        }

        fetch->limit = place->bytes;
    }

    return true;
}


static bool
step_begin(pls_job_t *job)
{
    bool          home;
    pls_fetch_t  *fetch = job->fetch;

    if (fetch->files->get(&fetch->what, fetch->place.url, job->arena,
                          &job->request, &home, NULL)
        != PL_OK)
    {
        return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                        "its URL is not one to go to");
    }

    if (pl_shelf_begin(&fetch->spool, fetch->dir, job->effect, fetch->epoch,
                        fetch->place.has_bytes ? fetch->place.bytes : 0,
                        &fetch->err)
        != PL_OK)
    {
        return step_disk(job);
    }

    fetch->getting = true;
    fetch->urls++;
    fetch->fault = PLS_FAULT_NONE;

    job->timeout_ms = PLS_FETCH_TIMEOUT_MS;
    job->sink = step_sink;
    job->sink_data = fetch;
    job->public_only = !home;
    job->patient = true;

    return true;
}


static bool
step_got(pls_job_t *job, int64_t now_ms)
{
    bool          more = false;
    int           status = job->wire.status;
    pls_fetch_t  *fetch = job->fetch;

    if (fetch->fault == PLS_FAULT_DISK) {
        return step_disk(job);
    }

    if (fetch->fault == PLS_FAULT_LARGE) {
        return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                        fetch->place.has_bytes ? "larger than announced"
                                               : "larger than allowed");
    }

    if (status == 0) {
        return step_silent(job);
    }

    job->result.has_http_status = true;
    job->result.http_status = status;

    if (status != 200) {
        return step_refused(job, now_ms);
    }

    if (step_whole(job) && step_digest(job, &more)) {
        step_keep(job);
    }

    return more;
}


/* A URL is good for some minutes: one that is refused has had its time. */

static bool
step_refused(pls_job_t *job, int64_t now_ms)
{
    int64_t       delay_ms;
    pls_fetch_t  *fetch = job->fetch;

    switch (job->wire.status) {

    case 401:
    case 403:
    case 404:
    case 410:
        if (fetch->urls < PLS_FETCH_URLS_MAX) {
            return step_again(job);
        }

        return step_end(job, PL__OUTCOME__OUTCOME_RETRY,
                        "its URL is refused");

    default:
        break;
    }

    if (job->wire.status >= 300 && job->wire.status < 400) {
        return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                        "its URL leads elsewhere");
    }

    if (pl_delay_read(pl_str_c(job->wire.retry_after),
                      job->wire.ended_ms != 0 ? job->wire.ended_ms : now_ms,
                      &delay_ms))
    {
        job->result.has_retry_ms = true;
        job->result.retry_ms = delay_ms;
    }

    return step_end(job, PL__OUTCOME__OUTCOME_RETRY, "its URL fails");
}


static bool
step_again(pls_job_t *job)
{
    pl_shelf_drop(&job->fetch->spool);
    step_ask(job);

    return true;
}


/* Is it all there, and of its type? A page that says no comes as 200 too. */

static bool
step_whole(pls_job_t *job)
{
    pl_str_t      type = pl_str_c(job->wire.type);
    pls_fetch_t  *fetch = job->fetch;

    if (job->wire.end != PLS_END_ANSWERED) {
        return step_silent(job);
    }

    if (type.len != 0
        && !pl_mime_same(type, pl_str_c(fetch->place.mime_type))
        && !pl_mime_same(type, PL_STR("application/octet-stream"))
        && !pl_mime_same(type, PL_STR("binary/octet-stream")))
    {
        return step_end(job, PL__OUTCOME__OUTCOME_PERMANENT,
                        "its type is not the announced one");
    }

    if (fetch->place.has_bytes && fetch->spool.bytes < fetch->place.bytes) {
        return step_end(job, PL__OUTCOME__OUTCOME_RETRY,
                        "shorter than announced");
    }

    return pl_shelf_end(&fetch->spool, &fetch->err) == PL_OK
           || step_disk(job);
}


/*
 * May it be kept? Else, with *more, it is got again. The same bytes twice are
 * no mistake of the way.
 */

static bool
step_digest(pls_job_t *job, bool *more)
{
    pls_fetch_t  *fetch = job->fetch;

    if (step_announced(fetch)
        || (fetch->has_other
            && memcmp(fetch->other, fetch->spool.sha256, PL_SHA256_LEN)
               == 0))
    {
        return true;
    }

    if (fetch->urls < PLS_FETCH_URLS_MAX) {
        fetch->has_other = true;
        memcpy(fetch->other, fetch->spool.sha256, PL_SHA256_LEN);
        *more = step_again(job);
        return false;
    }

    return step_end(job, PL__OUTCOME__OUTCOME_RETRY,
                    "its digest is not the announced one");
}


static bool
step_announced(const pls_fetch_t *fetch)
{
    return !fetch->place.has_sha256
           || memcmp(fetch->place.sha256, fetch->spool.sha256,
                     PL_SHA256_LEN) == 0;
}


static void
step_keep(pls_job_t *job)
{
    char            *name;
    uint64_t         bytes;
    pls_fetch_t     *fetch = job->fetch;
    Pl__MediaFile   *file;

    name = pl_arena_alloc(job->arena, PL_SHELF_NAME);
    file = pl_arena_alloc(job->arena, sizeof(*file));
    if (name == NULL || file == NULL) {
        (void) step_end(job, PL__OUTCOME__OUTCOME_RETRY, "out of memory");
        return;
    }

    pl__media_file__init(file);
    file->has_other_digest = !step_announced(fetch);
    file->other_digest = file->has_other_digest;

    bytes = fetch->spool.bytes;

    if (pl_shelf_keep(&fetch->spool, fetch->dir, name, &fetch->err)
        != PL_OK)
    {
        (void) step_disk(job);
        return;
    }

    file->file = name;
    file->bytes = bytes;
    file->mime_type = step_word(fetch->place.mime_type);

    job->result.outcome = PL__OUTCOME__OUTCOME_SENT;
    job->result.media = file;
}


static bool
step_sink(void *data, const uint8_t *bytes, size_t n)
{
    pls_fetch_t  *fetch = data;

    if (n > fetch->limit - fetch->spool.bytes) {
        fetch->fault = PLS_FAULT_LARGE;
        return false;
    }

    if (pl_shelf_write(&fetch->spool, bytes, n, &fetch->err) != PL_OK) {
        fetch->fault = PLS_FAULT_DISK;
        return false;
    }

    return true;
}


/* False, so that a step ends with it. */

static bool
step_end(pls_job_t *job, Pl__Outcome outcome, const char *why)
{
    job->result.outcome = outcome;
    job->result.reason = step_word(why);

    return false;
}


/* Nobody's fault but ours: it is tried until there is room. */

static bool
step_disk(pls_job_t *job)
{
    job->result.has_retry_ms = true;
    job->result.retry_ms = PLS_FETCH_DISK_MS;

    return step_end(job, PL__OUTCOME__OUTCOME_THROTTLE,
                    job->fetch->err.status == PL_FULL
                    ? "no room for it" : "it cannot be written");
}


/* Where nobody could be reached, nobody has refused: see SendResult.unsent. */

static bool
step_silent(pls_job_t *job)
{
    job->result.unsent =
        job->wire.end != PLS_END_ADDRESS
        && job->wire.stage <= PL__WIRE_STAGE__WIRE_STAGE_CONNECTING;
    job->result.has_unsent = job->result.unsent;

    return step_end(job, job->wire.end == PLS_END_ADDRESS
                         ? PL__OUTCOME__OUTCOME_PERMANENT
                         : PL__OUTCOME__OUTCOME_RETRY,
                    pls_result_reason(&job->wire));
}


static void
step_ask(pls_job_t *job)
{
    job->fetch->getting = false;
    job->request = job->fetch->ask;
    job->timeout_ms = job->fetch->ask_timeout_ms;
    job->sink = NULL;
    job->public_only = false;
    job->patient = false;
}


/* protobuf-c's strings are not const; nobody writes into a result's. */

static char *
step_word(const char *word)
{
    return (char *) (uintptr_t) word;
}
