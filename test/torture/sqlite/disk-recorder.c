/*
 * Writes down what a process does to the files below a directory, in the order in which it does it, so that a test can
 * work out what a disk may hold after a power cut at any moment. Loaded with LD_PRELOAD (Linux, glibc).
 *
 *   DISK_RECORDER_ROOT          the directory: absolute, without links
 *   DISK_RECORDER_JOURNAL       the file that records are appended to, outside of it
 *   DISK_RECORDER_KILL_AFTER    after so many records the process kills itself, as kill -9 would; never if unset
 *   DISK_RECORDER_KILL_AT_SYNC  if set, it does so only when something is to be synced next, instead of that
 *
 * Files whose names end in "-shm" are left out: SQLite makes them anew after a crash.
 * Nothing is really synced: the journal alone says what had to reach the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { MAKE_DIRECTORY = 1, CREATE, UNLINK, WRITE, TRUNCATE, SYNC };

/* Little-endian, followed by the path and the data. */
struct header {
  uint32_t kind;
  uint32_t path_length;
  uint64_t file;   /* the inode */
  uint64_t offset; /* of a write; the size that a file is truncated to */
  uint64_t data_length;
};

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const char *root;
static size_t root_length;
static int journal = -1;
static long kill_after;
static int kills_at_sync;
static atomic_long records;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("DISK_RECORDER_JOURNAL");
  const char *limit = getenv("DISK_RECORDER_KILL_AFTER");
  root = getenv("DISK_RECORDER_ROOT");
  if (root == NULL || path == NULL) return;
  root_length = strlen(root);
  kill_after = limit == NULL ? LONG_MAX : atol(limit);
  kills_at_sync = getenv("DISK_RECORDER_KILL_AT_SYNC") != NULL;
  journal = NEXT(open64)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (journal < 0) abort();
}

static int is_below_root(const char *path) {
  size_t length = strlen(path);
  if (journal < 0 || strncmp(path, root, root_length) != 0) return 0;
  if (path[root_length] != '/' && path[root_length] != '\0') return 0;
  return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

/* The path that a file was opened by, if it lies below the root, and its inode. */
static int find_file(int fd, char path[PATH_MAX], struct stat *status) {
  char link[32];
  int before = errno, found = 0;
  if (journal >= 0 && fd != journal) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length > 0) {
      path[length] = '\0';
      found = is_below_root(path) && fstat(fd, status) == 0;
    }
  }
  errno = before;
  return found;
}

static void record(enum kind kind, const char *path, uint64_t file, uint64_t offset, const void *data, size_t length) {
  struct header header = {kind, strlen(path), file, offset, length};
  struct iovec parts[] = {
      {&header, sizeof header}, {(void *)path, header.path_length}, {(void *)data, length}};
  int before = errno;
  if (kind == SYNC && kills_at_sync && atomic_load(&records) >= kill_after) kill(getpid(), SIGKILL);
  if (NEXT(writev)(journal, parts, 3) != (ssize_t)(sizeof header + header.path_length + length)) abort();
  if (atomic_fetch_add(&records, 1) + 1 >= kill_after && !kills_at_sync) kill(getpid(), SIGKILL);
  errno = before;
}

static void record_file(enum kind kind, int fd, uint64_t offset, const void *data, size_t length) {
  char path[PATH_MAX];
  struct stat status;
  if (find_file(fd, path, &status)) record(kind, path, status.st_ino, offset, data, length);
}

static void record_path(enum kind kind, const char *path) {
  struct stat status;
  if (is_below_root(path) && lstat(path, &status) == 0) record(kind, path, status.st_ino, 0, NULL, 0);
}

static int open_and_record(int (*next)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  struct stat status;
  int before = errno;
  int may_create = (flags & O_CREAT) && is_below_root(path) && lstat(path, &status) != 0;
  errno = before;
  int fd = next(path, flags, mode);
  if (fd < 0) return fd;
  if (may_create) record_path(CREATE, path);
  else if (flags & O_TRUNC) record_file(TRUNCATE, fd, 0, NULL, 0);
  return fd;
}

#define OPEN(name)                                            \
  int name(const char *path, int flags, ...) {                \
    va_list rest;                                             \
    va_start(rest, flags);                                    \
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0; \
    va_end(rest);                                             \
    return open_and_record(NEXT(name), path, flags, mode);    \
  }
OPEN(open)
OPEN(open64)

/* What is written counts from when it is written, what is synced if it was written before: hence the order. */
#define PWRITE(name, offset_type)                                                \
  ssize_t name(int fd, const void *data, size_t length, offset_type offset) {    \
    ssize_t written = NEXT(name)(fd, data, length, offset);                      \
    if (written > 0) record_file(WRITE, fd, (uint64_t)offset, data, (size_t)written); \
    return written;                                                              \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
  ssize_t written = NEXT(write)(fd, data, length);
  if (written > 0 && journal >= 0) {
    int before = errno;
    off64_t end = lseek64(fd, 0, SEEK_CUR);
    errno = before;
    if (end >= written) record_file(WRITE, fd, (uint64_t)(end - written), data, (size_t)written);
  }
  return written;
}

#define FTRUNCATE(name, size_type)                                            \
  int name(int fd, size_type size) {                                          \
    int result = NEXT(name)(fd, size);                                        \
    if (result == 0) record_file(TRUNCATE, fd, (uint64_t)size, NULL, 0);      \
    return result;                                                            \
  }
FTRUNCATE(ftruncate, off_t)
FTRUNCATE(ftruncate64, off64_t)

#define FLUSH(name)                                       \
  int name(int fd) {                                      \
    char path[PATH_MAX];                                  \
    struct stat status;                                   \
    if (!find_file(fd, path, &status)) return NEXT(name)(fd); \
    record(SYNC, path, status.st_ino, 0, NULL, 0);        \
    return 0;                                             \
  }
FLUSH(fsync)
FLUSH(fdatasync)

int mkdir(const char *path, mode_t mode) {
  int result = NEXT(mkdir)(path, mode);
  if (result == 0) record_path(MAKE_DIRECTORY, path);
  return result;
}

int link(const char *from, const char *to) {
  int result = NEXT(link)(from, to);
  if (result == 0) record_path(CREATE, to);
  return result;
}

int unlink(const char *path) {
  int result = NEXT(unlink)(path);
  if (result == 0 && is_below_root(path)) record(UNLINK, path, 0, 0, NULL, 0);
  return result;
}
