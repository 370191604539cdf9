/*
 * The door to utf8proc.
 *
 * A text is decomposed into code points (compatibility, case folded, without
 * what may be ignored), changed there as was asked, composed, and written
 * back. ASCII, which is most of what is written, needs none of it.
 *
 * utf8proc's CHARBOUND is never asked for: it read out of bounds in several
 * versions. What decomposes most (U+FDFA) makes 18 code points of 3 bytes;
 * the buffer is measured all the same.
 */

#include <string.h>
#include <utf8proc.h>

#include "str.h"
#include "unicode.h"

#define UNICODE_OPTIONS    (UTF8PROC_STABLE | UTF8PROC_COMPAT                 \
                            | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD          \
                            | UTF8PROC_IGNORE)
#define UNICODE_ASCII      0x80
#define UNICODE_SMALL      0x20         /* of ASCII's letters; its digits have
                                           it as well */
#define UNICODE_DIAERESIS  0x308
#define UNICODE_BYTES_MAX  4            /* of one code point */
#define UNICODE_ROUNDS     2            /* of folding: see unicode_round */

static bool unicode_ascii(pl_str_t text);
static pl_status_t unicode_lower(pl_arena_t *ar, pl_str_t text,
    pl_str_t *folded, pl_err_t *err);
static pl_status_t unicode_round(pl_arena_t *ar, pl_str_t text, unsigned how,
    pl_str_t *folded, bool *again, pl_err_t *err);
static pl_status_t unicode_apart(pl_arena_t *ar, pl_str_t text,
    utf8proc_int32_t **points, size_t *n, pl_err_t *err);
static bool unicode_unfolded(const utf8proc_int32_t *points, size_t n);
static size_t unicode_change(utf8proc_int32_t *to,
    const utf8proc_int32_t *from, size_t n, unsigned how);
static bool unicode_mark(utf8proc_int32_t c);
static pl_status_t unicode_write(pl_arena_t *ar, const utf8proc_int32_t *from,
    size_t n, pl_str_t *to, pl_err_t *err);
static utf8proc_ssize_t unicode_point(pl_str_t text, size_t at,
    utf8proc_int32_t *c);
static bool unicode_space(utf8proc_int32_t c);
static bool unicode_letter(utf8proc_int32_t c);
static inline bool unicode_bare(uint8_t c);
static pl_str_t unicode_trim(pl_str_t text);
static size_t unicode_join(uint8_t *to, pl_str_t text, pl_unicode_e where);
static pl_status_t unicode_room(pl_arena_t *ar, pl_str_t text,
    uint8_t **to, pl_words_t *words, pl_err_t *err);
static void unicode_plain(uint8_t *to, pl_str_t text, uint8_t fold,
    pl_words_t *words);
static void unicode_split(pl_words_t *words);
static pl_status_t unicode_memory(pl_err_t *err);

/* What can be left out without making another word; from, to. */
static const utf8proc_int32_t  unicode_marks[][2] = {
    { 0x0300, 0x036f },         /* of Latin, Greek and Cyrillic */
    { 0x0483, 0x0487 },
    { 0x0591, 0x05bd }, { 0x05bf, 0x05bf }, { 0x05c1, 0x05c2 },
    { 0x05c4, 0x05c5 }, { 0x05c7, 0x05c7 },
    { 0x0610, 0x061a }, { 0x064b, 0x065f }, { 0x0670, 0x0670 },
    { 0x06d6, 0x06dc }, { 0x06df, 0x06e4 }, { 0x06e7, 0x06e8 },
    { 0x06ea, 0x06ed },
    { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20f0 },
    { 0xfe20, 0xfe2f },
};


pl_status_t
pl_unicode_fold(pl_arena_t *ar, pl_str_t text, unsigned how,
    pl_str_t *folded, pl_err_t *err)
{
    int          i;
    bool         again;
    pl_str_t     before;
    pl_status_t  rc;

    *folded = PL_STR("");

    if (text.len > PL_TEXT_MAX) {
        return pl_err_set(err, PL_TOOBIG, "fold text", 0,
                          "text has %zu bytes, %d are allowed", text.len,
                          PL_TEXT_MAX);
    }

    if (unicode_ascii(text)) {
        return unicode_lower(ar, text, folded, err);
    }

    if (!pl_utf8_valid(text)) {
        return pl_err_set(err, PL_INVALID, "fold text", 0,
                          "text is not UTF-8");
    }

    before = text;

    again = true;
    rc = PL_OK;

    for (i = 0; rc == PL_OK && again && i < UNICODE_ROUNDS; i++) {
        rc = unicode_round(ar, before, how, folded, &again, err);
        before = *folded;
    }

    return rc;
}


pl_status_t
pl_unicode_words(pl_arena_t *ar, pl_str_t text, pl_unicode_e where,
    pl_words_t *words, pl_err_t *err)
{
    uint8_t      *to;
    pl_status_t   rc;

    memset(words, 0, sizeof(*words));
    words->text = PL_STR("");

    if (!pl_utf8_valid(text)) {
        return pl_err_set(err, PL_INVALID, "split text", 0,
                          "text is not UTF-8");
    }

    if (where == PL_UNICODE_EDGES) {
        text = unicode_trim(text);
    }

    rc = unicode_room(ar, text, &to, words, err);
    if (rc != PL_OK) {
        return rc;
    }

    if (where == PL_UNICODE_ALL && unicode_ascii(text)) {
        unicode_plain(to, text, 0, words);
        return PL_OK;
    }

    words->text.len = unicode_join(to, text, where);
    to[words->text.len] = '\0';
    unicode_split(words);

    return PL_OK;
}


pl_status_t
pl_unicode_folded(pl_arena_t *ar, pl_str_t text, pl_words_t *words,
    bool *ascii, pl_err_t *err)
{
    uint8_t      *to;
    pl_status_t   rc;

    memset(words, 0, sizeof(*words));
    words->text = PL_STR("");
    *ascii = text.len <= PL_TEXT_MAX && unicode_ascii(text);

    if (!*ascii) {
        return PL_OK;
    }

    rc = unicode_room(ar, text, &to, words, err);

    if (rc == PL_OK) {
        unicode_plain(to, text, UNICODE_SMALL, words);
    }

    return rc;
}


pl_status_t
pl_unicode_keyword(pl_arena_t *ar, pl_str_t text, unsigned how,
    pl_words_t *words, pl_err_t *err)
{
    pl_str_t     folded;
    pl_status_t  rc;

    memset(words, 0, sizeof(*words));
    words->text = PL_STR("");

    if (text.len > PL_KEYWORD_MAX) {
        return pl_err_set(err, PL_TOOBIG, "fold keyword", 0,
                          "text has %zu bytes, a keyword %d at most",
                          text.len, PL_KEYWORD_MAX);
    }

    rc = pl_unicode_fold(ar, text, how, &folded, err);

    return rc == PL_OK
           ? pl_unicode_words(ar, folded, PL_UNICODE_ALL, words, err) : rc;
}


static bool
unicode_ascii(pl_str_t text)
{
    size_t  i;

    for (i = 0; i < text.len; i++) {
        if (text.data[i] >= 0x80) {
            return false;
        }
    }

    return true;
}


static pl_status_t
unicode_lower(pl_arena_t *ar, pl_str_t text, pl_str_t *folded, pl_err_t *err)
{
    size_t    i;
    uint8_t  *to;

    to = pl_arena_dup(ar, text.len != 0 ? (const void *) text.data : "",
                      text.len);
    if (to == NULL) {
        return unicode_memory(err);
    }

    for (i = 0; i < text.len; i++) {
        if (to[i] >= 'A' && to[i] <= 'Z') {
            to[i] = (uint8_t) (to[i] + ('a' - 'A'));
        }
    }

    folded->data = to;
    folded->len = text.len;

    return PL_OK;
}


/*
 * One pass; *again: it takes another. A letter can come out of a
 * decomposition as a capital, which only the next one folds; none needs a
 * third.
 */

static pl_status_t
unicode_round(pl_arena_t *ar, pl_str_t text, unsigned how, pl_str_t *folded,
    bool *again, pl_err_t *err)
{
    size_t             n;
    pl_status_t        rc;
    utf8proc_int32_t  *points, *changed;
    utf8proc_ssize_t   size;

    n = 0;
    rc = unicode_apart(ar, text, &points, &n, err);
    if (rc != PL_OK) {
        return rc;
    }

    changed = pl_arena_alloc(ar, (n + 1) * sizeof(*changed));
    if (changed == NULL) {
        return unicode_memory(err);
    }

    n = unicode_change(changed, points, n, how);

    size = utf8proc_normalize_utf32(changed, (utf8proc_ssize_t) n,
                                    UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size < 0) {
        return pl_err_set(err, PL_INVALID, "fold text", (int) size,
                          "text cannot be composed");
    }

    *again = unicode_unfolded(changed, (size_t) size);

    return unicode_write(ar, changed, (size_t) size, folded, err);
}


/* Few texts have more code points than bytes, and are taken apart twice. */

static pl_status_t
unicode_apart(pl_arena_t *ar, pl_str_t text, utf8proc_int32_t **points,
    size_t *n, pl_err_t *err)
{
    size_t            room;
    utf8proc_ssize_t  size;

    for (room = text.len + 1; ; room = (size_t) size + 1) {

        *points = pl_arena_alloc(ar, room * sizeof(**points));
        if (*points == NULL) {
            return unicode_memory(err);
        }

        size = utf8proc_decompose(text.data, (utf8proc_ssize_t) text.len,
                                  *points, (utf8proc_ssize_t) room,
                                  UNICODE_OPTIONS);
        if (size < 0) {
            return pl_err_set(err, PL_INVALID, "fold text", (int) size,
                              "text is not UTF-8");
        }

        if ((size_t) size <= room) {
            *n = (size_t) size;
            return PL_OK;
        }
    }
}


static bool
unicode_unfolded(const utf8proc_int32_t *points, size_t n)
{
    size_t                      i;
    const utf8proc_property_t  *p;

    for (i = 0; i < n; i++) {
        p = utf8proc_get_property(points[i]);

        if (p->casefold_seqindex != UINT16_MAX || p->decomp_type != 0
            || p->ignorable)
        {
            return true;
        }
    }

    return false;
}


/* A German umlaut makes one letter of two: nothing grows. */

static size_t
unicode_change(utf8proc_int32_t *to, const utf8proc_int32_t *from, size_t n,
    unsigned how)
{
    size_t  i, len;

    len = 0;

    for (i = 0; i < n; i++) {

        if ((how & PL_UNICODE_GERMAN) && from[i] == UNICODE_DIAERESIS
            && i != 0
            && (from[i - 1] == 'a' || from[i - 1] == 'o'
                || from[i - 1] == 'u'))
        {
            to[len++] = 'e';
            continue;
        }

        if (!(how & PL_UNICODE_MARKS) || !unicode_mark(from[i])) {
            to[len++] = from[i];
        }
    }

    return len;
}


static bool
unicode_mark(utf8proc_int32_t c)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(unicode_marks); i++) {
        if (c >= unicode_marks[i][0] && c <= unicode_marks[i][1]) {
            return true;
        }
    }

    return false;
}


static pl_status_t
unicode_write(pl_arena_t *ar, const utf8proc_int32_t *from, size_t n,
    pl_str_t *to, pl_err_t *err)
{
    size_t    i, len;
    uint8_t  *data;

    data = pl_arena_alloc(ar, n * UNICODE_BYTES_MAX + 1);
    if (data == NULL) {
        return unicode_memory(err);
    }

    len = 0;

    for (i = 0; i < n; i++) {
        len += (size_t) utf8proc_encode_char(from[i], data + len);
    }

    data[len] = '\0';
    to->data = data;
    to->len = len;

    return PL_OK;
}


/* The bytes of the code point at a place; 0 or less: there is none. */

static utf8proc_ssize_t
unicode_point(pl_str_t text, size_t at, utf8proc_int32_t *c)
{
    if (text.data[at] < UNICODE_ASCII) {
        *c = text.data[at];
        return 1;
    }

    return utf8proc_iterate(text.data + at,
                            (utf8proc_ssize_t) (text.len - at), c);
}


static bool
unicode_space(utf8proc_int32_t c)
{
    if (c < UNICODE_ASCII) {
        return c == ' ' || (c >= '\t' && c <= '\r');
    }

    switch (utf8proc_category(c)) {

    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;

    default:
        return c == 0x85;
    }
}


/*
 * Letters, digits, and the marks upon them. What utf8proc does not know may
 * be an emoji younger than it is; letters that new are in no list.
 */

static bool
unicode_letter(utf8proc_int32_t c)
{
    if (c < UNICODE_ASCII) {
        return unicode_bare((uint8_t) c);
    }

    switch (utf8proc_category(c)) {

    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return c < 0xfe00 || c > 0xfe0f;        /* variation selectors */

    default:
        return false;
    }
}


/* A letter or a digit of ASCII. */

static inline bool
unicode_bare(uint8_t c)
{
    return (uint8_t) (c - '0') <= 9
           || (uint8_t) ((c | UNICODE_SMALL) - 'a') <= 'z' - 'a';
}


/* From the first letter to the last. */

static pl_str_t
unicode_trim(pl_str_t text)
{
    size_t            i, first, end;
    utf8proc_int32_t  c;
    utf8proc_ssize_t  len;

    first = text.len;
    end = text.len;

    for (i = 0; i < text.len; i += (size_t) len) {
        len = unicode_point(text, i, &c);
        if (len <= 0) {
            break;
        }

        if (unicode_letter(c)) {
            first = first == text.len ? i : first;
            end = i + (size_t) len;
        }
    }

    text.data = first == text.len ? NULL : text.data + first;
    text.len = end - first;

    return text;
}


static size_t
unicode_join(uint8_t *to, pl_str_t text, pl_unicode_e where)
{
    bool              gap;
    size_t            i, len;
    utf8proc_int32_t  c;
    utf8proc_ssize_t  k, n;

    gap = false;
    len = 0;

    for (i = 0; i < text.len; i += (size_t) n) {
        n = unicode_point(text, i, &c);
        if (n <= 0) {
            break;
        }

        if (where == PL_UNICODE_ALL ? !unicode_letter(c) : unicode_space(c)) {
            gap = true;
            continue;
        }

        if (gap && len != 0) {
            to[len++] = ' ';
        }

        gap = false;

        for (k = 0; k < n; k++) {
            to[len++] = text.data[i + (size_t) k];
        }
    }

    return len;
}


/* Nothing grows, and of two words one byte stands between. */

static pl_status_t
unicode_room(pl_arena_t *ar, pl_str_t text, uint8_t **to, pl_words_t *words,
    pl_err_t *err)
{
    *to = pl_arena_alloc(ar, text.len + 1);
    words->words = pl_arena_alloc(ar, (text.len / 2 + 1)
                                      * sizeof(*words->words));
    if (*to == NULL || words->words == NULL) {
        return unicode_memory(err);
    }

    words->text.data = *to;

    return PL_OK;
}


/*
 * unicode_join and unicode_split at once, of ASCII; ends with a NUL. fold:
 * UNICODE_SMALL, or 0.
 */

static void
unicode_plain(uint8_t *to, pl_str_t text, uint8_t fold, pl_words_t *words)
{
    uint8_t        *begin;
    pl_str_t       *word;
    const uint8_t  *p, *end;

    begin = to;
    word = words->words;
    p = text.data;
    end = p + text.len;

    for ( ;; ) {

        while (p < end && !unicode_bare(*p)) {
            p++;
        }

        if (p == end) {
            break;
        }

        if (word != words->words) {
            *to++ = ' ';
        }

        word->data = to;

        while (p < end && unicode_bare(*p)) {
            *to++ = *p++ | fold;
        }

        word->len = (size_t) (to - word->data);
        word++;
    }

    *to = '\0';
    words->text.len = (size_t) (to - begin);
    words->n_words = (size_t) (word - words->words);
}


static void
unicode_split(pl_words_t *words)
{
    size_t          i;
    pl_str_t       *word;
    const uint8_t  *p;

    word = NULL;
    p = words->text.data;

    for (i = 0; i < words->text.len; i++) {

        if (p[i] == ' ') {
            word = NULL;
            continue;
        }

        if (word == NULL) {
            word = &words->words[words->n_words++];
            word->data = p + i;
            word->len = 0;
        }

        word->len++;
    }
}


static pl_status_t
unicode_memory(pl_err_t *err)
{
    return pl_err_set(err, PL_NOMEM, "fold text", 0, "arena is full");
}
