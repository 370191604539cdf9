/*
 * X-Twilio-Signature: base64 of HMAC-SHA1, under the account's auth token,
 * over the URL that was called and behind it the form's parameters, sorted by
 * name, each as its name and its value with nothing between. A name that is
 * there several times counts with each of its values once, sorted. A body
 * that is no form is signed by its hash, which stands in the URL's query.
 *
 * The URL is the one that Twilio called, which only the configuration knows:
 * what proxies say of it in headers anybody can say. Twilio itself takes the
 * scheme's own port to be there or not, so both are tried.
 *
 * A token signs for its account alone: a form names its account, and only
 * this one's tokens are tried. Else a subaccount could speak for another.
 */

#include <stdlib.h>
#include <string.h>

#include "../core/str.h"
#include "twilio_impl.h"

#define SIGN_BLOCK      8192
#define SIGN_HASH       PL_STR("bodySHA256")
#define SIGN_URLS       2               /* with and without a port */
#define SIGN_ROOM       (64 * 1024)     /* of the arena, beside the form */
#define SIGN_PAIR_COST  (2 * sizeof(pl_twilio_pair_t)                         \
                         + 2 * sizeof(pl_str_t))


/* All that is signed, in order; pieces[0] is the URL. */
typedef struct {
    pl_str_t   urls[SIGN_URLS];
    size_t     n_urls;
    pl_str_t   one[1];                  /* pieces of a body that is hashed */
    pl_str_t  *pieces;
    size_t     n_pieces;
    pl_str_t   account;         /* empty: of any */
} sign_t;


static pl_status_t sign_read(sign_t *sg, const pl_signed_t *in,
    pl_arena_t *ar, pl_err_t *err);
static pl_status_t sign_form(sign_t *sg, pl_str_t form, pl_arena_t *ar,
    pl_err_t *err);
static void sign_pieces(sign_t *sg, const pl_twilio_pair_t *pairs, size_t n);
static int sign_order(const void *a, const void *b);
static int sign_compare(pl_str_t a, pl_str_t b);
static pl_status_t sign_urls(sign_t *sg, pl_str_t url, pl_arena_t *ar);
static pl_status_t sign_hash(const pl_signed_t *in, pl_str_t hex,
    pl_err_t *err);
static bool sign_query(pl_str_t url, pl_str_t name, pl_str_t *value);
static pl_status_t sign_try(const sign_t *sg, const pl_secrets_t *secrets,
    pl_str_t given, pl_err_t *err);
static void sign_range(const pl_secrets_t *secrets, pl_str_t account,
    size_t *first, size_t *last);
static size_t sign_bound(const pl_secrets_t *secrets, pl_str_t account,
    int past);
static pl_str_t sign_text(pl_str_t s, pl_arena_t *ar);


pl_mac_t *
pl_twilio_mac(pl_str_t secret)
{
    return pl_mac_create_sha1(secret);
}


pl_status_t
pl_twilio_verify(const pl_secrets_t *secrets, const pl_signed_t *in,
    pl_err_t *err)
{
    size_t        i, len;
    sign_t        sg = { 0 };
    pl_str_t      given;
    pl_arena_t   *ar;
    pl_status_t   rc;

    if (in->signature.len == 0) {
        return pl_err_set(err, PL_DENIED, "verify", 0, "signature missing");
    }

    for (i = 0, len = 0; i < in->n_body; i++) {
        len += in->body[i].len;
    }

    ar = pl_arena_create(SIGN_BLOCK, SIGN_ROOM + 4 * len
                                     + (len / 2 + 1) * SIGN_PAIR_COST);
    if (ar == NULL) {
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    if (in->signature.len != PL_TWILIO_SIGNATURE_LEN
        || pl_base64_decode(ar, in->signature, &given) != PL_OK
        || given.len != PL_SHA1_LEN)
    {
        rc = pl_err_set(err, PL_DENIED, "verify", 0, "signature malformed");

    } else {
        rc = sign_read(&sg, in, ar, err);
    }

    if (rc == PL_OK) {
        rc = sign_try(&sg, secrets, given, err);
    }

    pl_arena_destroy(ar);

    return rc;
}


/* A form says whose it is; what is signed by its hash says nothing. */

pl_status_t
pl_twilio_signer(pl_str_t body, pl_arena_t *ar, pl_str_t *account)
{
    sign_t       sg = { 0 };
    pl_err_t     err;
    pl_status_t  rc;

    sg.urls[0] = PL_STR("");

    rc = body.len == 0 || body.data[0] == '{'
         ? PL_NOTFOUND : sign_form(&sg, body, ar, &err);

    *account = sg.account;

    return rc == PL_NOMEM ? rc
           : rc != PL_OK || pl_str_eq(sg.account, PL_STR("-")) ? PL_NOTFOUND
                                                               : PL_OK;
}


char *
pl_twilio_sign(pl_mac_t *mac, pl_str_t url, pl_str_t form, pl_arena_t *ar)
{
    sign_t    sg = { 0 };
    uint8_t   sum[PL_SHA256_LEN];
    pl_str_t  text = { sum, PL_SHA1_LEN };

    if (sign_form(&sg, form, ar, NULL) != PL_OK) {
        return NULL;
    }

    sg.pieces[0] = url;

    if (pl_mac_sum(mac, sg.pieces, sg.n_pieces, sum) != PL_OK) {
        return NULL;
    }

    text = pl_base64_encode(ar, text);

    return text.data == NULL ? NULL : pl_arena_str(ar, text);
}


pl_status_t
pl_twilio_form(pl_str_t form, pl_arena_t *ar, pl_twilio_pair_t **pairs,
    size_t *n, pl_err_t *err)
{
    size_t             i, at, len, count;
    pl_str_t           pair;
    const uint8_t     *end;
    pl_twilio_pair_t  *list;

    for (i = 0, count = 1; i < form.len; i++) {
        count += form.data[i] == '&';
    }

    if (count > PL_TWILIO_PARAMETERS_MAX) {
        return pl_err_set(err, PL_TOOBIG, "form", 0,
                          "more than %d parameters",
                          PL_TWILIO_PARAMETERS_MAX);
    }

    list = pl_arena_alloc(ar, count * sizeof(*list));
    if (list == NULL) {
        return pl_err_set(err, PL_NOMEM, "form", 0, "no memory");
    }

    for (at = 0, count = 0; at < form.len; at += len + 1) {
        end = memchr(form.data + at, '&', form.len - at);
        len = end == NULL ? form.len - at
                          : (size_t) (end - form.data) - at;

        if (len == 0) {
            continue;
        }

        pair = (pl_str_t) { form.data + at, len };
        end = memchr(pair.data, '=', pair.len);

        list[count].value = PL_STR("");
        if (end != NULL) {
            list[count].value.data = end + 1;
            list[count].value.len = (size_t) (pair.data + pair.len - end) - 1;
            pair.len = (size_t) (end - pair.data);
        }

        list[count].name = sign_text(pair, ar);
        list[count].value = sign_text(list[count].value, ar);

        if (list[count].name.data == NULL || list[count].value.data == NULL) {
            return pl_err_set(err, PL_NOMEM, "form", 0, "no memory");
        }

        count++;
    }

    *pairs = list;
    *n = count;

    return PL_OK;
}


static pl_status_t
sign_read(sign_t *sg, const pl_signed_t *in, pl_arena_t *ar, pl_err_t *err)
{
    size_t       i, len = 0;
    uint8_t     *p;
    pl_str_t     form, hex;
    pl_status_t  rc;

    if (in->url.len == 0 || sign_urls(sg, in->url, ar) != PL_OK) {
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no URL");
    }

    if (sign_query(in->url, SIGN_HASH, &hex)) {
        sg->one[0] = sg->urls[0];
        sg->pieces = sg->one;
        sg->n_pieces = 1;

        /* a form says whose it is, and is signed by its parameters: with the
           hash of one anybody's token would do */

        if (in->n_body == 0 || in->body[0].len == 0
            || in->body[0].data[0] != '{')
        {
            return pl_err_set(err, PL_DENIED, "verify", 0,
                              "a form that is signed by its hash");
        }

        return sign_hash(in, hex, err);
    }

    form = in->n_body == 1 ? in->body[0] : PL_STR_NULL;

    if (in->n_body > 1) {
        for (i = 0; i < in->n_body; i++) {
            len += in->body[i].len;
        }

        p = pl_arena_alloc(ar, len);
        if (p == NULL) {
            return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
        }

        form = (pl_str_t) { p, len };

        for (i = 0; i < in->n_body; i++) {
            if (in->body[i].len != 0) {
                memcpy(p, in->body[i].data, in->body[i].len);
                p += in->body[i].len;
            }
        }
    }

    rc = sign_form(sg, form, ar, err);

    return rc == PL_TOOBIG ? pl_err_set(err, PL_DENIED, "verify", 0,
                                        "too many parameters") : rc;
}


static pl_status_t
sign_form(sign_t *sg, pl_str_t form, pl_arena_t *ar, pl_err_t *err)
{
    size_t             i, n;
    pl_status_t        rc;
    pl_twilio_pair_t  *pairs;

    rc = pl_twilio_form(form, ar, &pairs, &n, err);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < n; i++) {
        if (!pl_str_eq(pairs[i].name, PL_STR("AccountSid"))) {
            continue;
        }

        /* of two, one would be looked at here and the other one later */

        if (sg->account.len != 0
            && !pl_str_eq(sg->account, pairs[i].value))
        {
            return pl_err_set(err, PL_DENIED, "verify", 0,
                              "two accounts");
        }

        sg->account = pairs[i].value;
    }

    sg->pieces = pl_arena_alloc(ar, (2 * n + 1) * sizeof(pl_str_t));
    if (sg->pieces == NULL) {
        return pl_err_set(err, PL_NOMEM, "verify", 0, "no memory");
    }

    if (sg->account.len == 0) {
        sg->account = PL_STR("-");      /* of none */
    }

    qsort(pairs, n, sizeof(*pairs), sign_order);
    sign_pieces(sg, pairs, n);

    return PL_OK;
}


static void
sign_pieces(sign_t *sg, const pl_twilio_pair_t *pairs, size_t n)
{
    size_t  i;

    sg->pieces[0] = sg->urls[0];
    sg->n_pieces = 1;

    for (i = 0; i < n; i++) {
        if (i > 0 && sign_order(&pairs[i - 1], &pairs[i]) == 0) {
            continue;
        }

        sg->pieces[sg->n_pieces++] = pairs[i].name;
        sg->pieces[sg->n_pieces++] = pairs[i].value;
    }
}


static int
sign_order(const void *a, const void *b)
{
    int                      order;
    const pl_twilio_pair_t  *x = a, *y = b;

    order = sign_compare(x->name, y->name);

    return order != 0 ? order : sign_compare(x->value, y->value);
}


static int
sign_compare(pl_str_t a, pl_str_t b)
{
    int     order;
    size_t  len = a.len < b.len ? a.len : b.len;

    order = len == 0 ? 0 : memcmp(a.data, b.data, len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}


/* As it is; and without its port, or with that of its scheme. */

static pl_status_t
sign_urls(sign_t *sg, pl_str_t url, pl_arena_t *ar)
{
    char        *other;
    bool         tls;
    size_t       host, end, colon;

    sg->urls[0] = url;
    sg->n_urls = 1;

    tls = url.len > 8 && memcmp(url.data, "https://", 8) == 0;
    host = tls ? 8 : 7;

    if (!tls && (url.len < 8 || memcmp(url.data, "http://", 7) != 0)) {
        return PL_OK;
    }

    for (end = host, colon = 0; end < url.len; end++) {
        if (url.data[end] == '/' || url.data[end] == '?') {
            break;
        }

        if (url.data[end] == ']') {
            colon = 0;                  /* those within are an address's */

        } else if (url.data[end] == ':') {
            colon = end;
        }
    }

    if (colon != 0) {
        other = pl_arena_printf(ar, "%.*s%.*s", (int) colon,
                                (const char *) url.data,
                                (int) (url.len - end),
                                (const char *) url.data + end);
    } else {
        other = pl_arena_printf(ar, "%.*s:%s%.*s", (int) end,
                                (const char *) url.data, tls ? "443" : "80",
                                (int) (url.len - end),
                                (const char *) url.data + end);
    }

    if (other == NULL) {
        return PL_NOMEM;
    }

    sg->urls[sg->n_urls++] = pl_str_c(other);

    return PL_OK;
}


static pl_status_t
sign_hash(const pl_signed_t *in, pl_str_t hex, pl_err_t *err)
{
    uint8_t      said[PL_SHA256_LEN], sum[PL_SHA256_LEN];
    pl_hash_t   *hash;
    pl_status_t  rc;

    if (!pl_hex_decode(hex, said, sizeof(said))) {
        return pl_err_set(err, PL_DENIED, "verify", 0, "hash malformed");
    }

    hash = pl_hash_create();
    rc = hash == NULL ? PL_NOMEM
                      : pl_hash_sha256(hash, in->body, in->n_body, sum);
    pl_hash_destroy(hash);

    if (rc != PL_OK) {
        return pl_err_set(err, rc, "verify", 0, "cannot hash");
    }

    return pl_crypto_equal((pl_str_t) { sum, sizeof(sum) },
                           (pl_str_t) { said, sizeof(said) })
           ? PL_OK
           : pl_err_set(err, PL_DENIED, "verify", 0,
                        "the body is not the signed one");
}


static bool
sign_query(pl_str_t url, pl_str_t name, pl_str_t *value)
{
    size_t          len;
    const uint8_t  *p, *end, *stop = url.data + url.len;

    p = memchr(url.data, '?', url.len);

    while (p != NULL && p < stop) {
        p++;
        end = memchr(p, '&', (size_t) (stop - p));
        len = (size_t) ((end == NULL ? stop : end) - p);

        if (len > name.len && p[name.len] == '='
            && memcmp(p, name.data, name.len) == 0)
        {
            value->data = p + name.len + 1;
            value->len = len - name.len - 1;
            return true;
        }

        p = end;
    }

    return false;
}


static pl_status_t
sign_try(const sign_t *sg, const pl_secrets_t *secrets, pl_str_t given,
    pl_err_t *err)
{
    size_t       i, k, last;
    uint8_t      sum[PL_SHA256_LEN];
    pl_status_t  rc;

    sign_range(secrets, sg->account, &i, &last);

    for ( /* void */ ; i < last; i++) {
        for (k = 0; k < sg->n_urls; k++) {
            sg->pieces[0] = sg->urls[k];

            rc = pl_mac_sum(secrets->macs[i], sg->pieces, sg->n_pieces, sum);
            if (rc != PL_OK) {
                return pl_err_set(err, rc, "verify", 0,
                                  "cannot compute a MAC");
            }

            if (pl_crypto_equal((pl_str_t) { sum, PL_SHA1_LEN }, given)) {
                return PL_OK;
            }
        }
    }

    return pl_err_set(err, PL_DENIED, "verify", 0, "signature mismatch");
}


static void
sign_range(const pl_secrets_t *secrets, pl_str_t account, size_t *first,
    size_t *last)
{
    *first = 0;
    *last = secrets->n_macs;

    if (secrets->accounts != NULL && account.len != 0) {
        *first = sign_bound(secrets, account, 0);
        *last = sign_bound(secrets, account, 1);
    }
}


/* The first that is not before account; past: that is behind it. */

static size_t
sign_bound(const pl_secrets_t *secrets, pl_str_t account, int past)
{
    size_t  low = 0, high = secrets->n_macs, middle;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (sign_compare(secrets->accounts[middle], account) < past) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    return low;
}


/* In place where there is nothing to decode. data NULL: no memory. */

static pl_str_t
sign_text(pl_str_t s, pl_arena_t *ar)
{
    size_t    i, len;
    uint8_t  *text, byte;

    if (s.len == 0 || (memchr(s.data, '%', s.len) == NULL
                       && memchr(s.data, '+', s.len) == NULL))
    {
        return s;
    }

    text = pl_arena_alloc(ar, s.len);
    if (text == NULL) {
        return PL_STR_NULL;
    }

    for (i = 0, len = 0; i < s.len; i++) {
        byte = s.data[i] == '+' ? ' ' : s.data[i];

        if (byte == '%' && s.len - i > 2
            && pl_hex_decode((pl_str_t) { s.data + i + 1, 2 }, &byte, 1))
        {
            i += 2;
        }

        text[len++] = byte;
    }

    return (pl_str_t) { text, len };
}
