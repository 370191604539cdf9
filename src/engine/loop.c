/*
 * The loop breaker. See loop.h.
 */

#include <string.h>

#include "loop.h"

static pl_status_t loop_pulse(pl_apply_t *ap, Pl__Conversation *conv,
    pl_err_t *err);
static bool loop_replies(const Pl__Conversation *conv,
    const pl_loop_in_t *in);
static uint64_t loop_digest(const Pl__Content *content);
static uint64_t loop_add(uint64_t h, const char *text);


pl_status_t
pl_loop_heard(pl_apply_t *ap, Pl__Conversation *conv,
    const pl_loop_in_t *in, pl_loop_out_t *out, pl_err_t *err)
{
    uint64_t     same;
    Pl__Pulse   *pulse;

    out->seen = NULL;
    out->same = false;

    if (loop_pulse(ap, conv, err) != PL_OK) {
        return PL_NOMEM;
    }

    pulse = conv->pulse;
    same = loop_digest(in->content);
    out->same = (pulse->has_same && pulse->same == same);

    if (loop_replies(conv, in)) {
        pulse->has_turns = 1;
        pulse->turns++;
        pulse->has_repeats = 1;
        pulse->repeats++;
    }

    if (!out->same || ap->now_ms - in->last_in_ms > PL_LOOP_GAP_MS) {
        pulse->has_repeats = 0;
        pulse->repeats = 0;
    }

    pulse->has_same = 1;
    pulse->same = same;

    if (pulse->turns >= PL_LOOP_TURNS) {
        out->seen = pl_arena_printf(ap->ar, "%u turns within %d s",
                                    pulse->turns, PL_LOOP_MS / 1000);

    } else if (pulse->repeats + 1 >= PL_LOOP_SAME) {
        out->seen = pl_arena_printf(ap->ar, "the same words %u times",
                                    pulse->repeats + 1);

    } else {
        return PL_OK;
    }

    return out->seen != NULL ? PL_OK
           : pl_err_set(err, PL_NOMEM, "loop", 0, "out of memory");
}


void
pl_loop_forget(Pl__Conversation *conv)
{
    conv->pulse = NULL;
}


static pl_status_t
loop_pulse(pl_apply_t *ap, Pl__Conversation *conv, pl_err_t *err)
{
    Pl__Pulse  *pulse = conv->pulse;

    if (pulse == NULL) {
        pulse = pl_arena_alloc(ap->ar, sizeof(*pulse));
        if (pulse == NULL) {
            return pl_err_set(err, PL_NOMEM, "loop", 0, "out of memory");
        }

        pl__pulse__init(pulse);
        conv->pulse = pulse;
    }

    if (!pulse->has_since_ms || ap->now_ms - pulse->since_ms >= PL_LOOP_MS) {
        pulse->has_since_ms = 1;
        pulse->since_ms = ap->now_ms;
        pulse->has_turns = 0;
        pulse->turns = 0;
    }

    return PL_OK;
}


/* Was their last message answered, and is this written behind that? */

static bool
loop_replies(const Pl__Conversation *conv, const pl_loop_in_t *in)
{
    return in->last_in_ms != 0 && conv->last_out_ms >= in->last_in_ms
           && in->sent_ms > conv->last_out_ms;
}


/* FNV-1a: equal words are what is looked for, and nobody gains by others. */

static uint64_t
loop_digest(const Pl__Content *content)
{
    uint64_t  h;

    h = loop_add(0xcbf29ce484222325u, content->type);

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        return loop_add(h, content->text->body);

    case PL__CONTENT__OF_EMAIL:
        h = loop_add(h, content->email->subject);
        return loop_add(h, content->email->text);

    case PL__CONTENT__OF_REPLY:
        h = loop_add(h, content->reply->id);
        return loop_add(h, content->reply->title);

    case PL__CONTENT__OF_MEDIA:
        h = loop_add(h, content->media->sha256);
        return loop_add(h, content->media->caption);

    default:
        return h;
    }
}


static uint64_t
loop_add(uint64_t h, const char *text)
{
    const char  *c;

    for (c = text == NULL ? "" : text; *c != '\0'; c++) {
        h = (h ^ (uint8_t) *c) * 0x100000001b3u;
    }

    return (h ^ 0xff) * 0x100000001b3u;
}
