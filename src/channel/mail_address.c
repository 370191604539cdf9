/*
 * Addresses, and what makes a mail ours (see mail.h).
 */

#include <stdio.h>
#include <string.h>

#include "../core/str.h"
#include "mail_impl.h"

#define ADDRESS_LOCAL_MAX  64
#define ADDRESS_LABEL_MAX  63
#define ADDRESS_COMMENTS   16           /* in comments */
#define ADDRESS_TRIES      32           /* addresses of a list, looked at */

static bool address_local(pl_str_t s);
static bool address_domain(pl_str_t s);
static const uint8_t *address_piece(const uint8_t *p, const uint8_t *end,
    pl_str_t *angle, pl_mail_buf_t *bare);
static const uint8_t *address_comment(const uint8_t *p, const uint8_t *end);
static pl_status_t address_take(pl_arena_t *ar, pl_str_t s, char **out);
static bool ours_number(pl_str_t s, uint64_t *out);
static bool ours_next(pl_str_t *rest, pl_str_t *piece);
static bool ours_proof(pl_str_t s, char out[PL_MAIL_PROOF_SIZE]);


bool
pl_mail_address_valid(pl_str_t s)
{
    const uint8_t  *at;
    pl_str_t        local, domain;

    if (s.len == 0 || s.len > PL_MAIL_ADDRESS_MAX) {
        return false;
    }

    at = memchr(s.data, '@', s.len);
    if (at == NULL) {
        return false;
    }

    local.data = s.data;
    local.len = (size_t) (at - s.data);
    domain.data = at + 1;
    domain.len = s.len - local.len - 1;

    return address_local(local) && address_domain(domain);
}


static bool
address_local(pl_str_t s)
{
    size_t             i;
    static const char  more[] = "!#$%&'*+-/=?^_`{|}~";

    if (s.len == 0 || s.len > ADDRESS_LOCAL_MAX || s.data[0] == '.'
        || s.data[s.len - 1] == '.')
    {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        uint8_t  c = s.data[i];

        if (c == '.' ? s.data[i - 1] == '.'
            : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c != '\0' && strchr(more, c) != NULL)))
        {
            return false;
        }
    }

    return true;
}


static bool
address_domain(pl_str_t s)
{
    size_t  i, label = 0;

    if (s.len == 0) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        uint8_t  c = s.data[i];

        if (c == '.') {
            if (label == 0 || s.data[i - 1] == '-') {
                return false;
            }
            label = 0;
            continue;
        }

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z') || (c == '-' && label > 0))
            || ++label > ADDRESS_LABEL_MAX)
        {
            return false;
        }
    }

    return label > 0 && s.data[s.len - 1] != '-';
}


pl_status_t
pl_mail_mailbox(pl_arena_t *ar, pl_str_t value, char **address, char **name)
{
    int             tries;
    pl_str_t        angle, text;
    pl_status_t     rc;
    pl_mail_buf_t   bare;
    const uint8_t  *p = value.data, *end = pl_mail_end(value);

    if (name != NULL) {
        *name = NULL;
    }

    for (tries = 0; p < end && tries < ADDRESS_TRIES; tries++) {
        memset(&bare, 0, sizeof(bare));
        bare.ar = ar;

        p = address_piece(p, end, &angle, &bare);

        if (bare.full) {
            return PL_NOMEM;
        }

        text.data = bare.data;
        text.len = bare.len;
        text = pl_mail_trim(text);

        rc = address_take(ar, angle.data != NULL ? angle : text, address);

        if (rc == PL_NOTFOUND) {
            continue;
        }

        if (rc == PL_OK && angle.data != NULL && text.len != 0
            && name != NULL)
        {
            text.len = text.len < PL_MAIL_NAME_MAX ? text.len
                                                   : PL_MAIL_NAME_MAX;
            *name = pl_mail_decode_words(ar, text);
            rc = *name == NULL ? PL_NOMEM : PL_OK;
        }

        return rc;
    }

    return PL_NOTFOUND;
}


/*
 * One element of a list: what stands in angle brackets, and what stands
 * bare, quotes and comments taken off.
 */

static const uint8_t *
address_piece(const uint8_t *p, const uint8_t *end, pl_str_t *angle,
    pl_mail_buf_t *bare)
{
    bool            quoted = false;
    const uint8_t  *close;

    *angle = PL_STR_NULL;

    for (; p < end; p++) {

        if (quoted) {
            if (*p == '\\' && p + 1 < end) {
                pl_mail_buf_add(bare, ++p, 1);

            } else if (*p == '"') {
                quoted = false;

            } else {
                pl_mail_buf_add(bare, p, 1);
            }

        } else if (*p == '"') {
            quoted = true;

        } else if (*p == '(') {
            p = address_comment(p, end);
            if (p == end) {
                return end;
            }

        } else if (*p == '<') {
            close = memchr(p, '>', (size_t) (end - p));
            if (close == NULL) {
                return end;
            }

            angle->data = p + 1;
            angle->len = (size_t) (close - p - 1);
            p = close;

        } else if (*p == ',' || *p == ';' || *p == ':') {
            return p + 1;               /* a group's name is no address */

        } else {
            pl_mail_buf_add(bare, p, 1);
        }
    }

    return end;
}


/* Its closing bracket, or the end. */

static const uint8_t *
address_comment(const uint8_t *p, const uint8_t *end)
{
    unsigned  depth = 0;

    for (; p < end; p++) {

        if (*p == '\\') {
            p += p + 1 < end;

        } else if (*p == '(') {
            if (++depth > ADDRESS_COMMENTS) {
                return end;
            }

        } else if (*p == ')' && --depth == 0) {
            return p;
        }
    }

    return end;
}


static pl_status_t
address_take(pl_arena_t *ar, pl_str_t s, char **out)
{
    char  *p;

    s = pl_mail_trim(s);

    if (!pl_mail_address_valid(s)) {
        return PL_NOTFOUND;
    }

    *out = pl_arena_str(ar, s);
    if (*out == NULL) {
        return PL_NOMEM;
    }

    for (p = *out; *p != '\0'; p++) {
        *p = (char) (*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
    }

    return PL_OK;
}


char *
pl_mail_untagged(pl_arena_t *ar, const char *address)
{
    size_t       local, tag;
    const char  *at = strchr(address, '@');

    local = at == NULL ? strlen(address) : (size_t) (at - address);
    tag = strcspn(address, "+");
    tag = tag < local && tag > 0 ? tag : local;

    return pl_arena_printf(ar, "%.*s%s", (int) tag, address,
                           at == NULL ? "" : at);
}


/* ---- ours ----------------------------------------------------------- */

pl_status_t
pl_mail_proof(pl_mac_t *mac, pl_str_t tenant, pl_str_t channel,
    uint64_t message, char out[PL_MAIL_PROOF_SIZE])
{
    uint8_t   number[8];
    pl_str_t  pieces[6];

    /* names have no NUL, so that no two of them read as another two */

    pl_be64_put(number, message);
    pieces[0] = PL_STR("parley mail\0");
    pieces[1] = tenant;
    pieces[2] = PL_STR("\0");
    pieces[3] = channel;
    pieces[4] = PL_STR("\0");
    pieces[5].data = number;
    pieces[5].len = sizeof(number);

    return pl_mail_sign(mac, pieces, PL_COUNT(pieces), out);
}


pl_status_t
pl_mail_sign(pl_mac_t *mac, const pl_str_t *pieces, size_t n,
    char out[PL_MAIL_PROOF_SIZE])
{
    size_t             i;
    uint8_t            sum[PL_SHA256_LEN];
    uint64_t           bits;
    pl_status_t        rc;
    static const char  digits[] = "abcdefghijklmnopqrstuvwxyz234567";

    rc = pl_mac_sum(mac, pieces, n, sum);
    if (rc != PL_OK) {
        return rc;
    }

    for (i = 0; i < PL_MAIL_PROOF_LEN; i++) {
        bits = (uint64_t) sum[i / 8 * 5] << 32
               | (uint64_t) sum[i / 8 * 5 + 1] << 24
               | (uint64_t) sum[i / 8 * 5 + 2] << 16
               | (uint64_t) sum[i / 8 * 5 + 3] << 8 | sum[i / 8 * 5 + 4];
        out[i] = digits[bits >> (35 - 5 * (i % 8)) & 31];
    }

    out[PL_MAIL_PROOF_LEN] = '\0';

    return PL_OK;
}


bool
pl_mail_ours(pl_str_t id, pl_mail_ours_t *out)
{
    pl_str_t  rest = pl_mail_trim(id), piece;

    memset(out, 0, sizeof(*out));

    if (rest.len > 2 && rest.data[0] == '<') {
        rest.data++;
        rest.len -= 2;
    }

    if (!ours_next(&rest, &piece) || !pl_str_eq(piece, PL_STR("p"))
        || !ours_next(&rest, &piece) || !ours_number(piece, &out->message)
        || !ours_next(&rest, &piece) || piece.len == 0
        || piece.len > PL_MAIL_MARK_MAX)
    {
        return false;
    }

    memcpy(out->mark, piece.data, piece.len);

    return rest.len > PL_MAIL_PROOF_LEN
           && rest.data[PL_MAIL_PROOF_LEN] == '@'
           && ours_proof((pl_str_t) { rest.data, PL_MAIL_PROOF_LEN },
                         out->proof);
}


bool
pl_mail_tagged(pl_str_t address, pl_mail_ours_t *out)
{
    pl_str_t        rest, piece;
    const uint8_t  *plus, *at;

    memset(out, 0, sizeof(*out));

    plus = address.len == 0 ? NULL : memchr(address.data, '+', address.len);
    at = address.len == 0 ? NULL : memchr(address.data, '@', address.len);

    if (plus == NULL || at == NULL || plus > at) {
        return false;
    }

    rest.data = plus + 1;
    rest.len = (size_t) (at - plus - 1);

    return ours_next(&rest, &piece) && ours_number(piece, &out->message)
           && ours_proof(rest, out->proof);
}


/* Up to the next dot, which is eaten. */

static bool
ours_next(pl_str_t *rest, pl_str_t *piece)
{
    const uint8_t  *dot;

    dot = rest->len == 0 ? NULL : memchr(rest->data, '.', rest->len);
    if (dot == NULL) {
        return false;
    }

    piece->data = rest->data;
    piece->len = (size_t) (dot - rest->data);
    rest->data = dot + 1;
    rest->len -= piece->len + 1;

    return true;
}


static bool
ours_number(pl_str_t s, uint64_t *out)
{
    int64_t  n;

    if (s.len == 0 || s.data[0] == '-' || pl_str_int(s, &n) != PL_OK
        || n <= 0)
    {
        return false;
    }

    *out = (uint64_t) n;

    return true;
}


/* Relays may write the local part anew in capitals. */

static bool
ours_proof(pl_str_t s, char out[PL_MAIL_PROOF_SIZE])
{
    size_t  i;
    char    c;

    if (s.len != PL_MAIL_PROOF_LEN) {
        return false;
    }

    for (i = 0; i < s.len; i++) {
        c = (char) s.data[i];
        c = (char) (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);

        if (!((c >= 'a' && c <= 'z') || (c >= '2' && c <= '7'))) {
            return false;
        }

        out[i] = c;
    }

    out[i] = '\0';

    return true;
}
