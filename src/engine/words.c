/*
 * Texts to words, for the index and for what is asked of it: both sides go
 * through the same calls. See words.h.
 */

#include <string.h>

#include "../core/str.h"
#include "words.h"

#define WORDS_DOTLESS_I  "\xc4\xb1"

static pl_status_t words_ascii(pl_arena_t *ar, pl_str_t text,
    pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_any(pl_arena_t *ar, pl_str_t text, bool german,
    pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_fold(pl_arena_t *ar, pl_str_t text, unsigned how,
    pl_words_t *words, pl_err_t *err);
static pl_status_t words_add(pl_arena_t *ar, pl_word_list_t *list,
    pl_str_t word, pl_err_t *err);
static pl_status_t words_c(pl_arena_t *ar, const char *text,
    pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_media(pl_arena_t *ar, const Pl__Media *media,
    pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_cards(pl_arena_t *ar, const Pl__Cards *cards,
    pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_header(pl_arena_t *ar, const Pl__Header *header,
    pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_template(pl_arena_t *ar, const Pl__Template *in,
    pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_interactive(pl_arena_t *ar,
    const Pl__Interactive *in, pl_word_list_t *list, pl_err_t *err);
static pl_status_t words_action(pl_arena_t *ar, const Pl__Action *action,
    pl_word_list_t *list, pl_err_t *err);
static bool words_is_ascii(pl_str_t text);
static pl_str_t words_cut(pl_str_t text, size_t max);


pl_status_t
pl_words_text(pl_arena_t *ar, pl_str_t text, pl_word_list_t *list,
    pl_err_t *err)
{
    list->words = NULL;
    list->n = 0;

    text = words_cut(text, PL_TEXT_MAX);

    return words_is_ascii(text) ? words_ascii(ar, text, list, err)
                                : words_any(ar, text, true, list, err);
}


pl_status_t
pl_words_asked(pl_arena_t *ar, pl_str_t text, pl_word_list_t *list,
    pl_err_t *err)
{
    list->words = NULL;
    list->n = 0;

    return words_is_ascii(text) ? words_ascii(ar, text, list, err)
                                : words_any(ar, text, false, list, err);
}


pl_status_t
pl_words_content(pl_arena_t *ar, const Pl__Content *content,
    pl_word_list_t *list, pl_err_t *err)
{
    pl_status_t  rc;

    list->words = NULL;
    list->n = 0;

    if (content->of_case == PL__CONTENT__OF_EDIT
        && content->edit->content != NULL
        && content->edit->content->of_case != PL__CONTENT__OF_EDIT)
    {
        return pl_words_content(ar, content->edit->content, list, err);
    }

    switch (content->of_case) {

    case PL__CONTENT__OF_TEXT:
        return words_c(ar, content->text->body, list, err);

    case PL__CONTENT__OF_EMAIL:
        rc = words_c(ar, content->email->subject, list, err);
        return rc == PL_OK
               ? words_c(ar, content->email->text, list, err) : rc;

    case PL__CONTENT__OF_REPLY:
        rc = words_c(ar, content->reply->title, list, err);
        return rc == PL_OK
               ? words_c(ar, content->reply->description, list, err) : rc;

    case PL__CONTENT__OF_TEMPLATE:
        return words_template(ar, content->template_, list, err);

    case PL__CONTENT__OF_MEDIA:
        return words_media(ar, content->media, list, err);

    case PL__CONTENT__OF_LOCATION:
        rc = words_c(ar, content->location->name, list, err);
        return rc == PL_OK
               ? words_c(ar, content->location->address, list, err) : rc;

    case PL__CONTENT__OF_CARDS:
        return words_cards(ar, content->cards, list, err);

    case PL__CONTENT__OF_ORDER:
        return words_c(ar, content->order->text, list, err);

    case PL__CONTENT__OF_FORM_REPLY:
        return words_c(ar, content->form_reply->body, list, err);

    case PL__CONTENT__OF_INTERACTIVE:
        return words_interactive(ar, content->interactive, list, err);

    default:
        return PL_OK;                   /* says no word */
    }
}


bool
pl_words_have(const pl_word_list_t *list, pl_str_t word, bool prefix)
{
    size_t  i;

    for (i = 0; i < list->n; i++) {
        if ((prefix ? list->words[i].len >= word.len
                    : list->words[i].len == word.len)
            && memcmp(list->words[i].data, word.data, word.len) == 0)
        {
            return true;
        }
    }

    return false;
}


/* The same words as words_any, without its tables. */

static pl_status_t
words_ascii(pl_arena_t *ar, pl_str_t text, pl_word_list_t *list,
    pl_err_t *err)
{
    bool          letter;
    size_t        i, from;
    uint8_t       c, *low;
    pl_status_t   rc;

    low = pl_arena_dup(ar, text.data, text.len);
    if (low == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    for (i = 0, from = 0; i <= text.len; i++) {
        c = i < text.len ? low[i] : ' ';

        if (c >= 'A' && c <= 'Z') {
            low[i] = c |= 0x20;
        }

        letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

        if (letter) {
            continue;
        }

        if (i > from) {
            rc = words_add(ar, list,
                           (pl_str_t) { low + from, i - from }, err);
            if (rc != PL_OK) {
                return rc;
            }
        }

        from = i + 1;
    }

    return PL_OK;
}


/* With german, words that umlauts tell apart come in that form as well. */

static pl_status_t
words_any(pl_arena_t *ar, pl_str_t text, bool german, pl_word_list_t *list,
    pl_err_t *err)
{
    size_t        i;
    pl_words_t    plain, other;
    pl_status_t   rc;

    rc = words_fold(ar, text, PL_UNICODE_MARKS, &plain, err);

    for (i = 0; rc == PL_OK && i < plain.n_words; i++) {
        rc = words_add(ar, list, plain.words[i], err);
    }

    other.n_words = 0;

    if (rc == PL_OK && german) {
        rc = words_fold(ar, text, PL_UNICODE_MARKS | PL_UNICODE_GERMAN,
                        &other, err);
    }

    for (i = 0; rc == PL_OK && i < other.n_words; i++) {
        if (!pl_words_have(list, words_cut(other.words[i], PL_WORD_MAX),
                           false))
        {
            rc = words_add(ar, list, other.words[i], err);
        }
    }

    return rc == PL_INVALID || rc == PL_TOOBIG ? PL_OK : rc;
}


static pl_status_t
words_fold(pl_arena_t *ar, pl_str_t text, unsigned how, pl_words_t *words,
    pl_err_t *err)
{
    size_t        i, n;
    uint8_t      *bytes;
    pl_str_t      folded;
    pl_status_t   rc;

    words->n_words = 0;

    rc = pl_unicode_fold(ar, text, how, &folded, err);
    if (rc != PL_OK) {
        return rc;
    }

    bytes = pl_arena_dup(ar, folded.data, folded.len);
    if (bytes == NULL) {
        return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
    }

    for (i = 0, n = 0; i < folded.len; i++) {
        if (i + 1 < folded.len
            && memcmp(bytes + i, WORDS_DOTLESS_I, 2) == 0)
        {
            bytes[n++] = 'i';
            i++;

        } else {
            bytes[n++] = bytes[i];
        }
    }

    folded.data = bytes;
    folded.len = n;

    return pl_unicode_words(ar, folded, PL_UNICODE_ALL, words, err);
}


static pl_status_t
words_add(pl_arena_t *ar, pl_word_list_t *list, pl_str_t word, pl_err_t *err)
{
    size_t     room;
    pl_str_t  *longer;

    if (list->n >= PL_WORDS_MAX) {
        return PL_OK;
    }

    /* room is 16, 32, 64, ...: full where n is one of these */

    if (list->n == 0 || (list->n >= 16 && (list->n & (list->n - 1)) == 0)) {
        room = list->n == 0 ? 16 : list->n * 2;

        longer = pl_arena_alloc(ar, room * sizeof(*longer));
        if (longer == NULL) {
            return pl_err_set(err, PL_NOMEM, "words", 0, "out of memory");
        }

        if (list->n != 0) {
            memcpy(longer, list->words, list->n * sizeof(*longer));
        }

        list->words = longer;
    }

    list->words[list->n++] = words_cut(word, PL_WORD_MAX);

    return PL_OK;
}


static pl_status_t
words_c(pl_arena_t *ar, const char *text, pl_word_list_t *list,
    pl_err_t *err)
{
    size_t           i;
    pl_status_t      rc;
    pl_word_list_t   more;

    if (text == NULL || text[0] == '\0') {
        return PL_OK;
    }

    rc = pl_words_text(ar, pl_str_c(text), &more, err);

    if (list->n == 0) {
        *list = more;
        return rc;
    }

    for (i = 0; rc == PL_OK && i < more.n; i++) {
        rc = words_add(ar, list, more.words[i], err);
    }

    return rc;
}


static pl_status_t
words_media(pl_arena_t *ar, const Pl__Media *media, pl_word_list_t *list,
    pl_err_t *err)
{
    pl_status_t  rc;

    if (media == NULL) {
        return PL_OK;
    }

    rc = words_c(ar, media->caption, list, err);

    return rc == PL_OK ? words_c(ar, media->filename, list, err) : rc;
}


static pl_status_t
words_cards(pl_arena_t *ar, const Pl__Cards *cards, pl_word_list_t *list,
    pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc = PL_OK;

    for (i = 0; rc == PL_OK && i < cards->n_cards; i++) {
        if (cards->cards[i]->name != NULL) {
            rc = words_c(ar, cards->cards[i]->name->formatted_name, list,
                         err);
        }

        if (rc == PL_OK && cards->cards[i]->org != NULL) {
            rc = words_c(ar, cards->cards[i]->org->company, list, err);
        }
    }

    return rc;
}


static pl_status_t
words_header(pl_arena_t *ar, const Pl__Header *header, pl_word_list_t *list,
    pl_err_t *err)
{
    pl_status_t  rc;

    if (header == NULL) {
        return PL_OK;
    }

    rc = words_c(ar, header->text, list, err);

    return rc == PL_OK ? words_media(ar, header->media, list, err) : rc;
}


/* What fills it: the rest is the provider's. */

static pl_status_t
words_template(pl_arena_t *ar, const Pl__Template *in, pl_word_list_t *list,
    pl_err_t *err)
{
    size_t       i;
    pl_status_t  rc;

    rc = words_header(ar, in->header, list, err);

    for (i = 0; rc == PL_OK && i < in->n_body; i++) {
        rc = words_c(ar, in->body[i]->text, list, err);
    }

    return rc;
}


static pl_status_t
words_interactive(pl_arena_t *ar, const Pl__Interactive *in,
    pl_word_list_t *list, pl_err_t *err)
{
    pl_status_t  rc;

    rc = words_header(ar, in->header, list, err);

    if (rc == PL_OK) {
        rc = words_c(ar, in->body, list, err);
    }

    if (rc == PL_OK) {
        rc = words_c(ar, in->footer, list, err);
    }

    return rc == PL_OK && in->action != NULL
           ? words_action(ar, in->action, list, err) : rc;
}


static pl_status_t
words_action(pl_arena_t *ar, const Pl__Action *action, pl_word_list_t *list,
    pl_err_t *err)
{
    size_t               i, k;
    pl_status_t          rc = PL_OK;
    const Pl__Section   *section;

    for (i = 0; rc == PL_OK && i < action->n_buttons; i++) {
        rc = words_c(ar, action->buttons[i]->title, list, err);
    }

    for (i = 0; rc == PL_OK && i < action->n_sections; i++) {
        section = action->sections[i];

        for (k = 0; rc == PL_OK && k < section->n_rows; k++) {
            rc = words_c(ar, section->rows[k]->title, list, err);
        }
    }

    return rc;
}


static bool
words_is_ascii(pl_str_t text)
{
    size_t   i;
    uint8_t  all = 0;

    for (i = 0; i < text.len; i++) {
        all |= text.data[i];
    }

    return all < 0x80;
}


/* On the edge of a character. */

static pl_str_t
words_cut(pl_str_t text, size_t max)
{
    if (text.len > max) {
        for (text.len = max;
             text.len > 0 && (text.data[text.len] & 0xc0) == 0x80;
             text.len--)
        {
            /* void */
        }
    }

    return text;
}
