/*
 * What tests of sealed values share.
 */

#ifndef T_SEALED_H_INCLUDED
#define T_SEALED_H_INCLUDED

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../../src/core/store_impl.h"
#include "engine.h"


static inline void
sealing(t_engine_t *t)
{
    t_ok(t, pl_slots_turn(t->st->slots, true, &t->err));
}


/* How often the bytes are in a file of the store. */

static inline unsigned
grep(t_engine_t *t, const char *file, const char *what)
{
    int           fd;
    char          path[256];
    char         *bytes, *at;
    unsigned      n;
    struct stat   sb;

    (void) snprintf(path, sizeof(path), "%s/%s", t->dir, file);
    fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &sb), 0);
    bytes = mmap(NULL, (size_t) sb.st_size, PROT_READ, MAP_SHARED, fd, 0);
    assert_true(bytes != MAP_FAILED);
    (void) close(fd);

    for (n = 0, at = bytes;
         (at = memmem(at, (size_t) sb.st_size - (size_t) (at - bytes), what,
                      strlen(what))) != NULL;
         at++)
    {
        n++;
    }

    (void) munmap(bytes, (size_t) sb.st_size);

    return n;
}

#endif /* T_SEALED_H_INCLUDED */
