/*
 * Windows: until when free-form messages may go to a contact on a channel,
 * and until when templates cost nothing. docs/windows.md has the table of
 * what opens one, and what is decided where the provider does not say.
 *
 * A window is that of a contact; a contact that another was joined to has a
 * row for each merge beside its own, so that a split can tell them apart.
 */

#include <string.h>

#include "../core/str.h"
#include "apply.h"

#define WINDOW_MS       (24LL * 3600 * 1000)
#define WINDOW_FREE_MS  (72LL * 3600 * 1000)
#define WINDOW_JOINED_MS  (72LL * 3600 * 1000)

static bool window_is(const Pl__Window *window, uint32_t channel,
    uint64_t contact);
static Pl__Window *window_find(const Pl__Conversation *conv,
    uint32_t channel, uint64_t contact, uint64_t merge);
static pl_status_t window_row(pl_apply_t *ap, Pl__Conversation *conv,
    uint32_t channel, uint64_t contact, uint64_t merge, Pl__Window **window,
    pl_err_t *err);
static Pl__Window *window_oldest(const Pl__Conversation *conv);
static void window_fill(Pl__Window *window, const Pl__Window *from);
static int64_t window_until(int64_t from_ms, int64_t now_ms, int64_t for_ms);


/*
 * Content that a person made for us opens one. What is not known to
 * (provider-facts 11.9) does not: a message more than the provider would
 * have allowed is refused by it, one that it would have allowed is a
 * template. Types that are not invented yet are not known to either.
 */
static const char *const  window_types[] = {
    "text", "image", "video", "audio", "voice", "document", "sticker",
    "location", "contacts", "button", "interactive", "order",
};


bool
pl_window_opens(pl_window_e from, const Pl__Content *content)
{
    size_t  i;

    /* the last two come under the type of an answer, and are none */

    if ((from != PL_WINDOW_LIVE && from != PL_WINDOW_GROUP)
        || content->of_case == PL__CONTENT__OF_CALL_PERMISSION
        || content->of_case == PL__CONTENT__OF_UNSUPPORTED)
    {
        return false;
    }

    for (i = 0; i < PL_COUNT(window_types); i++) {
        if (strcmp(content->type, window_types[i]) == 0) {
            return true;
        }
    }

    return false;
}


pl_status_t
pl_window_open(pl_apply_t *ap, Pl__Conversation *conv,
    const pl_window_in_t *in, pl_err_t *err)
{
    int64_t       until;
    Pl__Window   *window;
    pl_status_t   rc;

    rc = window_row(ap, conv, in->channel, in->contact, in->merge, &window,
                    err);
    if (rc != PL_OK) {
        return rc;
    }

    until = window_until(in->provider_ms, ap->now_ms, WINDOW_MS);

    if (window->until_ms < until) {
        pl_feed_tell(ap, "windows", window->until_ms > ap->now_ms
                                    ? "prolonged" : "opened", 1);
        window->until_ms = until;
    }

    if (in->entry_point && window->referral_ms < until - WINDOW_MS) {
        window->has_referral_ms = 1;
        window->referral_ms = until - WINDOW_MS;
    }

    return PL_OK;
}


bool
pl_window_close(Pl__Conversation *conv, const Pl__Message *message,
    int64_t said_ms, int64_t now_ms)
{
    bool      changed;
    size_t    i;
    uint64_t  contact;

    contact = message->party_kind == PL__PARTY_KIND__PARTY_KIND_GROUP
              ? 0 : message->contact;

    for (i = 0, changed = false; i < conv->n_windows; i++) {
        if (window_is(conv->windows[i], message->channel, contact)
            && conv->windows[i]->until_ms > now_ms
            && conv->windows[i]->until_ms - WINDOW_MS <= said_ms)
        {
            conv->windows[i]->until_ms = now_ms;
            changed = true;
        }
    }

    return changed;
}


/*
 * A shared number is joined for as long as 72 hours from what somebody wrote
 * there last; a window is open for 24 of them.
 */

bool
pl_window_joined(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact, int64_t now_ms)
{
    return pl_conversation_until(conv, channel, contact)
           > now_ms - (WINDOW_JOINED_MS - WINDOW_MS);
}


bool
pl_window_left(Pl__Conversation *conv, const Pl__Message *message,
    int64_t said_ms, int64_t now_ms)
{
    bool      changed;
    size_t    i;
    int64_t   past_ms;

    past_ms = now_ms - (WINDOW_JOINED_MS - WINDOW_MS);

    for (i = 0, changed = false; i < conv->n_windows; i++) {
        if (window_is(conv->windows[i], message->channel, message->contact)
            && conv->windows[i]->until_ms > past_ms
            && conv->windows[i]->until_ms - WINDOW_MS <= said_ms)
        {
            conv->windows[i]->until_ms = past_ms;
            changed = true;
        }
    }

    return changed;
}


int64_t
pl_conversation_until(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact)
{
    size_t   i;
    int64_t  until;

    for (i = 0, until = 0; i < conv->n_windows; i++) {
        if (window_is(conv->windows[i], channel, contact)
            && conv->windows[i]->until_ms > until)
        {
            until = conv->windows[i]->until_ms;
        }
    }

    return until;
}


bool
pl_window_entry(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact, int64_t now_ms)
{
    size_t             i;
    const Pl__Window  *window;

    for (i = 0; i < conv->n_windows; i++) {
        window = conv->windows[i];

        if (window_is(window, channel, contact) && window->has_referral_ms
            && now_ms < window->referral_ms + WINDOW_MS)
        {
            return true;
        }
    }

    return false;
}


bool
pl_window_free(Pl__Conversation *conv, uint32_t channel, uint64_t contact,
    int64_t sent_ms, int64_t until_ms, int64_t now_ms)
{
    bool         changed;
    size_t       i;
    int64_t      until;
    Pl__Window  *window;

    for (i = 0, changed = false; i < conv->n_windows; i++) {
        window = conv->windows[i];

        if (!window_is(window, channel, contact)) {
            continue;
        }

        if (until_ms != 0) {
            until = until_ms < now_ms + WINDOW_FREE_MS
                    ? until_ms : now_ms + WINDOW_FREE_MS;

        } else if (window->has_referral_ms
                   && sent_ms < window->referral_ms + WINDOW_MS)
        {
            until = window_until(sent_ms, now_ms, WINDOW_FREE_MS);

        } else {
            continue;
        }

        if (window->has_referral_ms || until > window->free_ms) {
            window->has_referral_ms = 0;
            window->referral_ms = 0;
            changed = true;
        }

        if (until > window->free_ms) {
            window->has_free_ms = 1;
            window->free_ms = until;
        }
    }

    return changed;
}


int64_t
pl_window_free_until(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact)
{
    size_t   i;
    int64_t  until;

    for (i = 0, until = 0; i < conv->n_windows; i++) {
        if (window_is(conv->windows[i], channel, contact)
            && conv->windows[i]->free_ms > until)
        {
            until = conv->windows[i]->free_ms;
        }
    }

    return until;
}


pl_status_t
pl_window_join(pl_apply_t *ap, Pl__Conversation *into,
    const Pl__Conversation *from, const Pl__ContactMerge *merge,
    pl_err_t *err)
{
    size_t       i;
    Pl__Window  *window;
    pl_status_t  rc;

    for (i = 0; i < from->n_windows; i++) {

        if (from->windows[i]->contact != merge->from) {
            continue;
        }

        rc = window_row(ap, into, from->windows[i]->channel, merge->into,
                        merge->id, &window, err);
        if (rc != PL_OK) {
            return rc;
        }

        window_fill(window, from->windows[i]);
    }

    return PL_OK;
}


pl_status_t
pl_window_split(pl_apply_t *ap, Pl__Conversation *into,
    Pl__Conversation *from, const Pl__ContactMerge *merge, pl_err_t *err)
{
    size_t       i, n;
    Pl__Window  *window;
    pl_status_t  rc;

    for (i = 0, n = 0; i < into->n_windows; i++) {

        if (into->windows[i]->merge != merge->id) {
            into->windows[n++] = into->windows[i];
            continue;
        }

        rc = window_row(ap, from, into->windows[i]->channel, merge->from, 0,
                        &window, err);
        if (rc != PL_OK) {
            return rc;
        }

        window_fill(window, into->windows[i]);
    }

    into->n_windows = n;

    return PL_OK;
}


static bool
window_is(const Pl__Window *window, uint32_t channel, uint64_t contact)
{
    return window->channel == channel && window->contact == contact;
}


static Pl__Window *
window_find(const Pl__Conversation *conv, uint32_t channel,
    uint64_t contact, uint64_t merge)
{
    size_t  i;

    for (i = 0; i < conv->n_windows; i++) {
        if (window_is(conv->windows[i], channel, contact)
            && conv->windows[i]->merge == merge)
        {
            return conv->windows[i];
        }
    }

    return NULL;
}


/* The row, made where there is none; the oldest gives way to it. */

static pl_status_t
window_row(pl_apply_t *ap, Pl__Conversation *conv, uint32_t channel,
    uint64_t contact, uint64_t merge, Pl__Window **window, pl_err_t *err)
{
    *window = window_find(conv, channel, contact, merge);

    if (*window != NULL) {
        return PL_OK;
    }

    if (conv->n_windows >= PL_WINDOWS_MAX) {
        *window = window_oldest(conv);

    } else {
        *window = pl_arena_alloc(ap->ar, sizeof(**window));
        conv->windows = pl_apply_list(ap, conv->windows, conv->n_windows,
                                      *window);

        if (*window == NULL || conv->windows == NULL) {
            return pl_err_set(err, PL_NOMEM, "window", 0, "out of memory");
        }

        conv->n_windows++;
    }

    pl__window__init(*window);
    (*window)->channel = channel;
    (*window)->contact = contact;
    (*window)->has_merge = (merge != 0);
    (*window)->merge = merge;

    return PL_OK;
}


static Pl__Window *
window_oldest(const Pl__Conversation *conv)
{
    size_t       i;
    Pl__Window  *oldest;

    oldest = conv->windows[0];

    for (i = 1; i < conv->n_windows; i++) {
        if (conv->windows[i]->until_ms < oldest->until_ms) {
            oldest = conv->windows[i];
        }
    }

    return oldest;
}


static void
window_fill(Pl__Window *window, const Pl__Window *from)
{
    if (from->until_ms > window->until_ms) {
        window->until_ms = from->until_ms;
    }

    if (from->referral_ms > window->referral_ms) {
        window->has_referral_ms = 1;
        window->referral_ms = from->referral_ms;
    }

    if (from->free_ms > window->free_ms) {
        window->has_free_ms = 1;
        window->free_ms = from->free_ms;
    }
}


static int64_t
window_until(int64_t from_ms, int64_t now_ms, int64_t for_ms)
{
    return (from_ms < now_ms ? from_ms : now_ms) + for_ms;
}
