/* A disk that can be cut from its power, be full, or fail: preloaded under the real program.
 *
 * Every change of the database's files is written to a log, in order, with the data, so that the
 * test can rebuild the files as a power cut would leave them: what was not synced may be lost.
 *
 *   DISK_LOG=FILE    where the changes are logged
 *   DISK_CUT=N       the process is killed at the N-th change, which still reaches the log
 *   DISK_FAULT=E     the error number that changes meet
 *   DISK_FROM=N      from the N-th change on
 *   DISK_TO=N        up to this one
 *   DISK_READ_ONLY=1 nothing beside the database can be opened for writing, nor it itself
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OTHER, DATABASE, WAL, FILES };
enum { WRITE = 1, TRUNCATE, SYNC, UNLINK };

struct change { uint64_t what, file, offset, length; };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char file_of[4096];
static long changes;
static int log_fd = -1;

#define REAL(type, name, ...)                                         \
    static type (*real)(__VA_ARGS__);                                 \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int kind(const char *path) {
    size_t length = strlen(path);
    const char *ends[FILES] = {[DATABASE] = "/jicui.db", [WAL] = "/jicui.db-wal"};
    for (int file = DATABASE; file < FILES; file++) {
        size_t end = strlen(ends[file]);
        if (length >= end && strcmp(path + length - end, ends[file]) == 0) return file;
    }
    return OTHER;
}

static int known(int fd) {
    return fd >= 0 && fd < (int)sizeof file_of ? file_of[fd] : OTHER;
}

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

/* Counts and logs a change; returns the error it meets, or 0. */
static int change(int what, int file, off_t offset, const void *data, size_t length) {
    int error = 0;
    pthread_mutex_lock(&lock);
    changes++;
    if (number("DISK_FAULT") && changes >= number("DISK_FROM") && changes <= number("DISK_TO"))
        error = (int)number("DISK_FAULT");
    if (!error && getenv("DISK_LOG")) {
        if (log_fd < 0)
            log_fd = open(getenv("DISK_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        struct change header = {what, file, offset, length};
        struct iovec parts[] = {{&header, sizeof header}, {(void *)data, data ? length : 0}};
        if (writev(log_fd, parts, 2) < 0) abort();
    }
    if (changes == number("DISK_CUT")) {
        kill(getpid(), SIGKILL);
        for (;;) pause();
    }
    pthread_mutex_unlock(&lock);
    return error;
}

static int is_refused(const char *path, int flags) {
    return getenv("DISK_READ_ONLY") && strstr(path, "/state/")
        && (flags & (O_WRONLY | O_RDWR | O_CREAT));
}

static int opened(int fd, const char *path) {
    if (fd >= 0 && fd < (int)sizeof file_of) file_of[fd] = (unsigned char)kind(path);
    return fd;
}

#define OPEN(name)                                                    \
    int name(const char *path, int flags, ...) {                      \
        REAL(int, #name, const char *, int, ...);                     \
        va_list rest;                                                 \
        va_start(rest, flags);                                        \
        mode_t mode = va_arg(rest, mode_t);                           \
        va_end(rest);                                                 \
        if (is_refused(path, flags)) { errno = EROFS; return -1; }    \
        return opened(real(path, flags, mode), path);                 \
    }
OPEN(open)
OPEN(open64)

#define PWRITE(name, offset_type)                                                  \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) {    \
        REAL(ssize_t, #name, int, const void *, size_t, offset_type);              \
        int error = known(fd) ? change(WRITE, known(fd), offset, data, length) : 0; \
        if (error) { errno = error; return -1; }                                   \
        return real(fd, data, length, offset);                                     \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    if (known(fd)) {
        int error = change(WRITE, known(fd), lseek(fd, 0, SEEK_CUR), data, length);
        if (error) { errno = error; return -1; }
    }
    return real(fd, data, length);
}

#define TRUNCATE_TO(name, offset_type)                                             \
    int name(int fd, offset_type length) {                                         \
        REAL(int, #name, int, offset_type);                                        \
        int error = known(fd) ? change(TRUNCATE, known(fd), length, NULL, 0) : 0;  \
        if (error) { errno = error; return -1; }                                   \
        return real(fd, length);                                                   \
    }
TRUNCATE_TO(ftruncate, off_t)
TRUNCATE_TO(ftruncate64, off64_t)

#define SYNCED(name)                                                               \
    int name(int fd) {                                                             \
        REAL(int, #name, int);                                                     \
        int done = real(fd);                                                       \
        int error = known(fd) ? change(SYNC, known(fd), 0, NULL, 0) : 0;           \
        if (error) { errno = error; return -1; }                                   \
        return done;                                                               \
    }
SYNCED(fsync)
SYNCED(fdatasync)

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    int error = kind(path) ? change(UNLINK, kind(path), 0, NULL, 0) : 0;
    if (error) { errno = error; return -1; }
    return real(path);
}

int close(int fd) {
    REAL(int, "close", int);
    if (fd >= 0 && fd < (int)sizeof file_of) file_of[fd] = OTHER;
    return real(fd);
}
