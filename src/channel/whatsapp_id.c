/*
 * Whose message is it, by its id? Meta says nothing of what an id is made of,
 * but its webhooks' reference shows what it has in it, in groups as elsewhere
 * ("Group messages webhook reference"):
 *
 *     wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQzQUFERjg0NDEzNDdFODU3MUMxMAA=
 *
 * is base64 of 1c 18 0b "16503879439" 15 02 00 12 18 14 "3AADF8441347E8571C10"
 * 00: strings with their length in front, of which the number is one. It is
 * taken for what it is where it stands so, and never guessed.
 */

#include <string.h>

#include "../core/str.h"
#include "whatsapp_impl.h"

#define ID_PREFIX      PL_STR("wamid.")
#define ID_MAX         256              /* as the decoder keeps them */
#define ID_DIGITS_MIN  7
#define ID_DIGITS_MAX  15               /* E.164 */

static bool id_digits(pl_str_t s, size_t at, size_t n);


const char *
pl_whatsapp_whose(pl_str_t id, pl_arena_t *ar)
{
    size_t    i, n;
    pl_str_t  in;

    if (id.len > ID_MAX || id.len < ID_PREFIX.len
        || memcmp(id.data, ID_PREFIX.data, ID_PREFIX.len) != 0) {
        return NULL;
    }

    id.data += ID_PREFIX.len;
    id.len -= ID_PREFIX.len;

    if (pl_base64_decode(ar, id, &in) != PL_OK) {
        return NULL;
    }

    for (i = 0; i < in.len; i++) {
        n = in.data[i];

        if (n >= ID_DIGITS_MIN && n <= ID_DIGITS_MAX
            && n <= in.len - i - 1 && id_digits(in, i + 1, n))
        {
            in.data += i + 1;
            in.len = n;
            return pl_arena_str(ar, in);
        }
    }

    return NULL;
}


static bool
id_digits(pl_str_t s, size_t at, size_t n)
{
    for (/* void */; n > 0; n--, at++) {
        if (s.data[at] < '0' || s.data[at] > '9') {
            return false;
        }
    }

    return true;
}
