/*
 * Locks and mapped notes beside the store: share.h says what they are for.
 *
 * Joining the members. LMDB's reader table knows the living by their pid, so
 * all processes of one store must share one PID namespace. Each holds a read
 * lock on members.lock. Who can get the write lock is alone: it writes
 *
 *     NAMESPACE BOOT\n       inode number of /proc/self/ns/pid, boot in hex
 *
 * and turns the lock into a read lock, in one step. Whoever finds others
 * compares the number. A starter that died between taking the lock and
 * writing leaves an old line; therefore a mismatch is believed only after
 * the write lock could not be had for a while.
 *
 * The mapped files' blocks are allocated when they are made: a page fault
 * into a hole of a full disk would be a SIGBUS.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "share.h"
#include "str.h"
#include "sys_impl.h"


#define SHARE_NAMESPACE  "/proc/self/ns/pid"
#define SHARE_MODE       0660
#define SHARE_JOIN_TRIES 50             /* of 1 to 4 ms, while others are in
                                           another namespace */
#define SHARE_JOIN_MAX   2000           /* and while one is starting: it may
                                           be kept from the CPU */
#define SHARE_LINE       128


struct pl_shared_s {
    char              dir[PATH_MAX];
    pid_t             pid;
    int               members;
    int               lock[PL_LOCK_COUNT];
    _Atomic bool      held[PL_LOCK_COUNT];
    pl_share_t       *note;
    pl_progress_t    *progress;         /* NULL: not mapped yet */
    pl_pace_t        *pace;             /* likewise */
};


_Static_assert(sizeof(pl_share_t) == 56, "DIR/share's layout");
_Static_assert(sizeof(pl_progress_t) == 24 + 24 * PL_INFLIGHT_MAX + 16,
    "DIR/progress's layout");
_Static_assert(sizeof(pl_pace_t) == 24 + 32 * PL_PACE_ROWS
               + 16 * PL_PACE_PAIRS, "DIR/pace's layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2 && ATOMIC_INT_LOCK_FREE == 2,
    "atomics between processes must not hide a lock");


static const char *const  share_files[PL_LOCK_COUNT] = {
    "sender.lock", "fold.lock", "backup.lock"
};


static pl_status_t share_join(pl_shared_t *sh, pl_err_t *err);
static pl_status_t share_first(pl_shared_t *sh, uint64_t space,
    pl_err_t *err);
static bool share_same_space(pl_shared_t *sh, uint64_t space);
static ssize_t share_line(pl_shared_t *sh, char *line);
static pl_status_t share_note(pl_shared_t *sh, bool alone, bool clear,
    pl_err_t *err);
static pl_status_t share_open(pl_shared_t *sh, const char *name, int *fd,
    char *path, pl_err_t *err);
static pl_status_t share_map(pl_shared_t *sh, const char *name, size_t size,
    void **map, pl_err_t *err);
static pl_status_t share_sender(pl_shared_t *sh, const char *what,
    pl_err_t *err);
static bool share_of_boot(const uint8_t was[16], const uint8_t boot[16]);
static int share_set(int fd, short type);


pl_status_t
pl_shared_open(pl_shared_t **out, const char *dir, pl_err_t *err)
{
    int           i;
    char          path[PATH_MAX];
    pl_shared_t  *sh;
    pl_status_t   status;

    *out = NULL;

    sh = calloc(1, sizeof(*sh));
    if (sh == NULL) {
        return pl_err_set(err, PL_NOMEM, "open locks", 0, "no memory");
    }

    sh->pid = getpid();
    sh->members = -1;
    for (i = 0; i < PL_LOCK_COUNT; i++) {
        sh->lock[i] = -1;
    }

    if ((size_t) snprintf(sh->dir, sizeof(sh->dir), "%s", dir)
        >= sizeof(sh->dir))
    {
        free(sh);
        return pl_sys_err(err, "open locks", ENAMETOOLONG, dir,
                          "path is too long");
    }

    status = share_open(sh, "members.lock", &sh->members, path, err);

    for (i = 0; status == PL_OK && i < PL_LOCK_COUNT; i++) {
        status = share_open(sh, share_files[i], &sh->lock[i], path, err);
    }

    if (status == PL_OK) {
        status = share_join(sh, err);
    }

    if (status != PL_OK) {
        pl_shared_close(sh);
        return status;
    }

    *out = sh;

    return PL_OK;
}


void
pl_shared_close(pl_shared_t *sh)
{
    int  i;

    if (sh == NULL) {
        return;
    }

    if (sh->note != NULL) {
        (void) munmap(sh->note, sizeof(*sh->note));
    }

    if (sh->progress != NULL) {
        (void) munmap(sh->progress, sizeof(*sh->progress));
    }

    if (sh->pace != NULL) {
        (void) munmap(sh->pace, sizeof(*sh->pace));
    }

    for (i = 0; i < PL_LOCK_COUNT; i++) {
        if (sh->lock[i] != -1) {
            (void) close(sh->lock[i]);  /* lets go of the lock */
        }
    }

    if (sh->members != -1) {
        (void) close(sh->members);
    }

    free(sh);
}


pl_share_t *
pl_shared_note(pl_shared_t *sh)
{
    return sh->note;
}


pl_status_t
pl_shared_lock(pl_shared_t *sh, pl_lock_e lock, pl_err_t *err)
{
    int          sys;
    pl_status_t  status;

    if (sh->pid != getpid()) {
        return pl_err_set(err, PL_MISUSE, "lock", 0,
                          "the locks were opened by another process");
    }

    /* the description cannot be in its own way: this is for our threads */
    sys = EAGAIN;

    if (!atomic_exchange(&sh->held[lock], true)) {
        if (share_set(sh->lock[lock], F_WRLCK) == 0) {
            return PL_OK;
        }

        sys = errno;
        atomic_store(&sh->held[lock], false);
    }

    status = sys == EAGAIN || sys == EACCES
             ? pl_err_set(err, PL_BUSY, "lock", 0, "somebody holds it")
             : pl_err_set(err, PL_IO, "lock", sys, "cannot lock");
    pl_err_path(err, "%s/%s", sh->dir, share_files[lock]);

    return status;
}


void
pl_shared_unlock(pl_shared_t *sh, pl_lock_e lock)
{
    if (sh->pid != getpid() || !atomic_load(&sh->held[lock])) {
        return;                 /* a child must not let go of its parent's */
    }

    (void) share_set(sh->lock[lock], F_UNLCK);  /* cannot fail */
    atomic_store(&sh->held[lock], false);
}


bool
pl_shared_locked(pl_shared_t *sh, pl_lock_e lock)
{
    struct flock  ask;

    if (atomic_load(&sh->held[lock])) {
        return true;
    }

    memset(&ask, 0, sizeof(ask));
    ask.l_type = F_WRLCK;
    ask.l_whence = SEEK_SET;

    /* if the kernel cannot say, nobody can be relied on */
    return fcntl(sh->lock[lock], F_OFD_GETLK, &ask) == 0
           && ask.l_type != F_UNLCK;
}


pl_status_t
pl_shared_progress(pl_shared_t *sh, const uint8_t boot[16],
    pl_progress_t **out, bool *fresh, pl_err_t *err)
{
    void           *map;
    pl_status_t     status;
    pl_progress_t  *p;

    *out = NULL;
    *fresh = true;

    status = share_sender(sh, "map progress", err);
    if (status != PL_OK) {
        return status;
    }

    if (sh->progress == NULL) {
        status = share_map(sh, "progress", sizeof(*p), &map, err);
        if (status != PL_OK) {
            return status;
        }

        sh->progress = map;
    }

    p = sh->progress;

    if (atomic_load(&p->magic) == PL_PROGRESS_MAGIC
        && atomic_load(&p->slots) == PL_INFLIGHT_MAX
        && share_of_boot(p->boot, boot))
    {
        *fresh = false;

    } else {
        /* the magic goes first and comes last: a kill leaves no half */
        atomic_store(&p->magic, 0);
        memset((void *) p->slot, 0, sizeof(p->slot));
        atomic_store(&p->newest, 0);
        atomic_store(&p->newest_ms, 0);
        atomic_store(&p->slots, PL_INFLIGHT_MAX);
        memcpy(p->boot, boot, sizeof(p->boot));
        atomic_store(&p->magic, PL_PROGRESS_MAGIC);
    }

    *out = p;

    return PL_OK;
}


pl_status_t
pl_shared_pace(pl_shared_t *sh, const uint8_t boot[16], pl_pace_t **out,
    bool *fresh, pl_err_t *err)
{
    void         *map;
    pl_pace_t    *p;
    pl_status_t   status;

    *out = NULL;
    *fresh = true;

    status = share_sender(sh, "map pace", err);
    if (status != PL_OK) {
        return status;
    }

    if (sh->pace == NULL) {
        status = share_map(sh, "pace", sizeof(*p), &map, err);
        if (status != PL_OK) {
            return status;
        }

        sh->pace = map;
    }

    p = sh->pace;

    if (atomic_load(&p->magic) == PL_PACE_MAGIC
        && atomic_load(&p->pairs) == PL_PACE_PAIRS
        && share_of_boot(p->boot, boot))
    {
        *fresh = false;

    } else {
        atomic_store(&p->magic, 0);     /* as above */
        memset((void *) p->channel, 0, sizeof(p->channel));
        memset((void *) p->tenant, 0, sizeof(p->tenant));
        memset((void *) p->pair, 0, sizeof(p->pair));
        atomic_store(&p->pairs, PL_PACE_PAIRS);
        memcpy(p->boot, boot, sizeof(p->boot));
        atomic_store(&p->magic, PL_PACE_MAGIC);
    }

    *out = p;

    return PL_OK;
}


static pl_status_t
share_join(pl_shared_t *sh, pl_err_t *err)
{
    int               tries, others;
    struct stat       sb;
    pl_status_t       status;
    struct timespec   pause;

    if (stat(SHARE_NAMESPACE, &sb) == -1) {
        return pl_sys_err(err, "join store", errno, SHARE_NAMESPACE,
                          "cannot tell the PID namespace; is /proc there?");
    }

    for (tries = 0, others = 0;
         tries < SHARE_JOIN_MAX && others < SHARE_JOIN_TRIES; tries++)
    {
        if (share_set(sh->members, F_WRLCK) == 0) {
            return share_first(sh, (uint64_t) sb.st_ino, err);
        }

        if (errno != EAGAIN && errno != EACCES) {
            return pl_sys_err(err, "join store", errno, sh->dir,
                              "cannot lock members.lock");
        }

        if (share_set(sh->members, F_RDLCK) == 0) {
            if (share_same_space(sh, (uint64_t) sb.st_ino)) {
                return share_note(sh, false, false, err);
            }

            (void) share_set(sh->members, F_UNLCK);     /* cannot fail */
            others++;
        }

        /* two starters that pause alike would meet again */
        pause.tv_sec = 0;
        pause.tv_nsec = 1000000 + (sh->pid + tries) % 7 * 500000;
        (void) nanosleep(&pause, NULL);         /* early is fine */
    }

    status = pl_err_set(err, PL_BUSY, "join store", 0,
                        "processes in another PID namespace use this store; "
                        "run nginx and parley-sender in one container, or "
                        "let their containers share the PID namespace");
    pl_err_path(err, "%s", sh->dir);

    return status;
}


/* With the write lock: nobody else is a member. */
static pl_status_t
share_first(pl_shared_t *sh, uint64_t space, pl_err_t *err)
{
    int          len;
    char         line[SHARE_LINE], old[SHARE_LINE], hex[33];
    bool         rebooted;
    char        *was;
    uint8_t      boot[16];
    pl_status_t  status;

    pl_clock_boot(boot);
    pl_hex_encode(boot, sizeof(boot), hex);
    len = snprintf(line, sizeof(line), "%" PRIu64 " %s\n", space, hex);

    rebooted = true;
    if (share_line(sh, old) > 0) {
        was = strchr(old, ' ');
        rebooted = was == NULL || strncmp(was + 1, hex, strlen(hex)) != 0;
    }

    status = share_note(sh, true, rebooted, err);
    if (status != PL_OK) {
        return status;
    }

    if (ftruncate(sh->members, 0) == -1
        || pwrite(sh->members, line, (size_t) len, 0) != len
        || share_set(sh->members, F_RDLCK) == -1)
    {
        return pl_sys_err(err, "join store", errno, sh->dir,
                          "cannot write members.lock");
    }

    return PL_OK;
}


static bool
share_same_space(pl_shared_t *sh, uint64_t space)
{
    char      line[SHARE_LINE], *end;
    uint64_t  theirs;

    if (share_line(sh, line) <= 0) {
        return false;
    }

    theirs = strtoull(line, &end, 10);

    return end != line && *end == ' ' && theirs == space;
}


static ssize_t
share_line(pl_shared_t *sh, char *line)
{
    ssize_t  n;

    n = pl_sys_pread(sh->members, line, SHARE_LINE - 1, 0);
    line[n > 0 ? n : 0] = '\0';

    return n;
}


static pl_status_t
share_note(pl_shared_t *sh, bool alone, bool clear, pl_err_t *err)
{
    void         *map;
    pl_status_t   status;

    status = share_map(sh, "share", sizeof(*sh->note), &map, err);
    if (status != PL_OK) {
        return status;
    }

    sh->note = map;

    if (alone && (clear || atomic_load(&sh->note->magic) != PL_SHARE_MAGIC))
    {
        memset((void *) sh->note, 0, sizeof(*sh->note));
        atomic_store(&sh->note->magic, PL_SHARE_MAGIC);
    }

    if (atomic_load(&sh->note->magic) == 0) {
        /* somebody removed the file under living members */
        atomic_store(&sh->note->magic, PL_SHARE_MAGIC);
    }

    if (atomic_load(&sh->note->magic) != PL_SHARE_MAGIC) {
        status = pl_err_set(err, PL_FOREIGN, "map share", 0,
                            "of another version, and in use");
        pl_err_path(err, "%s/share", sh->dir);
    }

    return status;
}


static pl_status_t
share_open(pl_shared_t *sh, const char *name, int *fd, char *path,
    pl_err_t *err)
{
    if ((size_t) snprintf(path, PATH_MAX, "%s/%s", sh->dir, name)
        >= PATH_MAX)
    {
        return pl_sys_err(err, "open locks", ENAMETOOLONG, sh->dir,
                          "path is too long");
    }

    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, SHARE_MODE);
    if (*fd == -1) {
        return pl_sys_err(err, "open locks", errno, path, "cannot open");
    }

    /* umask may have taken the group's bits; where it is not ours, as is */
    (void) fchmod(*fd, SHARE_MODE);

    return PL_OK;
}


static pl_status_t
share_map(pl_shared_t *sh, const char *name, size_t size, void **map,
    pl_err_t *err)
{
    int          fd, rc;
    char         path[PATH_MAX];
    pl_status_t  status;

    status = share_open(sh, name, &fd, path, err);
    if (status != PL_OK) {
        return status;
    }

    rc = posix_fallocate(fd, 0, (off_t) size);
    if (rc != 0) {
        (void) close(fd);
        return pl_sys_err(err, "map", rc, path, "cannot make room");
    }

    *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    rc = errno;
    (void) close(fd);           /* the mapping stays */

    if (*map == MAP_FAILED) {
        *map = NULL;
        return pl_sys_err(err, "map", rc, path, "cannot map");
    }

    return PL_OK;
}


static pl_status_t
share_sender(pl_shared_t *sh, const char *what, pl_err_t *err)
{
    return sh->pid == getpid() && atomic_load(&sh->held[PL_LOCK_SENDER])
           ? PL_OK : pl_err_set(err, PL_MISUSE, what, 0,
                                "the sender's lock is not held");
}


static bool
share_of_boot(const uint8_t was[16], const uint8_t boot[16])
{
    const uint8_t  none[16] = { 0 };

    return memcmp(was, none, sizeof(none)) != 0
           && memcmp(was, boot, sizeof(none)) == 0;
}


/* The whole file, however long it gets; never waits. */
static int
share_set(int fd, short type)
{
    struct flock  lock;

    memset(&lock, 0, sizeof(lock));
    lock.l_type = type;
    lock.l_whence = SEEK_SET;

    return fcntl(fd, F_OFD_SETLK, &lock);
}
