/*
 * Streams and descriptors on files: text translation, positions, buffering, modes, directories.
 */
#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "check.h"

static const char name[] = "crt_test.tmp";

static void write_raw(const char *bytes, int size)
{
    int descriptor = _open(name, _O_WRONLY | _O_CREAT | _O_TRUNC | _O_BINARY, _S_IREAD | _S_IWRITE);

    CHECK(descriptor > 2);
    CHECK(_write(descriptor, bytes, size) == size);
    CHECK(_close(descriptor) == 0);
}

static int read_raw(char *bytes, int size)
{
    int descriptor = _open(name, _O_RDONLY | _O_BINARY);
    int got = _read(descriptor, bytes, size);

    _close(descriptor);
    return got;
}

static void translation(void)
{
    char bytes[64];
    FILE *stream = fopen(name, "w");

    CHECK(stream != NULL);
    CHECK(fprintf(stream, "one\ntwo\n") == 8);
    CHECK(ftell(stream) == 10);
    CHECK(fclose(stream) == 0);
    CHECK(read_raw(bytes, 64) == 10 && memcmp(bytes, "one\r\ntwo\r\n", 10) == 0);

    stream = fopen(name, "r");
    CHECK(fgets(bytes, 64, stream) == bytes);
    CHECK_TEXT(bytes, "one\n");
    CHECK(ftell(stream) == 5);
    CHECK(fgetc(stream) == 't' && ftell(stream) == 6);
    CHECK(ungetc('T', stream) == 'T' && fgetc(stream) == 'T');
    CHECK(fgets(bytes, 64, stream) == bytes && strcmp(bytes, "wo\n") == 0);
    CHECK(!feof(stream) && fgetc(stream) == EOF && feof(stream));
    CHECK(fgets(bytes, 64, stream) == NULL);
    rewind(stream);
    CHECK(!feof(stream) && fgetc(stream) == 'o');
    CHECK(fclose(stream) == 0);

    write_raw("a\rb\r\nc\x1A"
              "d",
              8);
    stream = fopen(name, "r");
    CHECK(fread(bytes, 1, 64, stream) == 5 && memcmp(bytes, "a\rb\nc", 5) == 0);
    fclose(stream);
    stream = fopen(name, "rb");
    CHECK(fread(bytes, 1, 64, stream) == 8);
    CHECK(fread(bytes, 1, 1, stream) == 0 && feof(stream));
    fclose(stream);
}

static void positions(void)
{
    char bytes[64];
    FILE *stream = fopen(name, "w+b");
    fpos_t place;

    CHECK(fwrite("0123456789", 1, 10, stream) == 10);
    CHECK(fseek(stream, 3, SEEK_SET) == 0 && fgetc(stream) == '3');
    CHECK(fgetpos(stream, &place) == 0);
    CHECK(fseek(stream, -1, SEEK_END) == 0 && fgetc(stream) == '9');
    CHECK(fsetpos(stream, &place) == 0 && fgetc(stream) == '4');
    CHECK(fseek(stream, 1, SEEK_CUR) == 0 && ftell(stream) == 6);
    CHECK(fputc('X', stream) == 'X');
    CHECK(fseek(stream, 0, SEEK_SET) == 0);
    CHECK(fread(bytes, 5, 3, stream) == 2 && memcmp(bytes, "012345X789", 10) == 0);
    fclose(stream);

    stream = fopen(name, "a+");
    fputs("end", stream);
    fflush(stream);
    CHECK(_filelength(_fileno(stream)) == 13);
    fclose(stream);
    CHECK(read_raw(bytes, 64) == 13 && memcmp(bytes + 10, "end", 3) == 0);
}

static void large_buffers(void)
{
    static char block[20000];
    static char again[20000];
    FILE *stream = fopen(name, "wb");

    for (int i = 0; i < (int)sizeof block; i++)
        block[i] = (char)(i * 7);
    CHECK(setvbuf(stream, NULL, _IOFBF, 1000) == 0);
    for (int i = 0; i < (int)sizeof block; i += 250)
        fwrite(block + i, 250, 1, stream);
    fclose(stream);
    stream = fopen(name, "rb");
    setvbuf(stream, NULL, _IONBF, 0);
    CHECK(fread(again, 1, sizeof again, stream) == sizeof again);
    CHECK(memcmp(block, again, sizeof block) == 0);
    CHECK(fgetc(stream) == EOF);
    fclose(stream);
}

static void errors(void)
{
    FILE *stream;

    errno = 0;
    CHECK(fopen("no_such_file.tmp", "r") == NULL && errno == ENOENT);
    CHECK(_open("no_such_file.tmp", _O_RDONLY) == -1);
    CHECK(_access("no_such_file.tmp", 0) == -1 && _access(name, 0) == 0);
    stream = fopen(name, "r");
    CHECK(fputc('x', stream) == EOF && ferror(stream));
    clearerr(stream);
    CHECK(!ferror(stream));
    fclose(stream);
    CHECK(remove("no_such_file.tmp") == -1 && errno == ENOENT);
    CHECK(fopen_s(&stream, name, "rb") == 0);
    fclose(stream);
    CHECK(_open(name, _O_CREAT | _O_EXCL | _O_RDWR, _S_IWRITE) == -1 && errno == EEXIST);
}

static void descriptors(void)
{
    char bytes[16] = {0};
    int descriptor = _open(name, _O_RDWR | _O_CREAT | _O_TRUNC | _O_TEXT, _S_IREAD | _S_IWRITE);
    int copy;

    CHECK(_write(descriptor, "a\nb", 3) == 3);
    CHECK(_lseek(descriptor, 0, SEEK_CUR) == 4);
    CHECK(_setmode(descriptor, _O_BINARY) == _O_TEXT);
    CHECK(_lseek(descriptor, 0, SEEK_SET) == 0);
    CHECK(_read(descriptor, bytes, 16) == 4 && memcmp(bytes, "a\r\nb", 4) == 0);
    CHECK(_eof(descriptor) == 1);
    copy = _dup(descriptor);
    CHECK(copy >= 0 && _lseek(copy, 1, SEEK_SET) == 1 && _tell(descriptor) == 1);
    CHECK(_close(copy) == 0);
    CHECK(_chsize(descriptor, 2) == 0 && _filelengthi64(descriptor) == 2);
    CHECK(!_isatty(descriptor) && _get_osfhandle(descriptor) != -1);
    CHECK(_close(descriptor) == 0);
}

static void directories(void)
{
    struct _finddata_t found;
    struct _stat64 status;
    intptr_t search;
    char path[260];
    int count = 0;

    CHECK(_stat64(name, &status) == 0 && status.st_size == 2 && (status.st_mode & _S_IFREG));
    CHECK(_mkdir("crt_dir") == 0);
    CHECK(_mkdir("crt_dir") == -1 && errno == EEXIST);
    CHECK(_stat64("crt_dir", &status) == 0 && (status.st_mode & _S_IFDIR));
    CHECK(rename(name, "crt_dir\\moved.tmp") == 0);
    search = _findfirst("crt_dir\\*.tmp", &found);
    CHECK(search != -1);
    do
        count += strcmp(found.name, "moved.tmp") == 0 && found.size == 2;
    while (_findnext(search, &found) == 0);
    CHECK(count == 1 && _findclose(search) == 0);
    CHECK(_getcwd(path, sizeof path) != NULL && path[1] == ':');
    CHECK(_chdir("crt_dir") == 0 && remove("moved.tmp") == 0 && _chdir("..") == 0);
    CHECK(_rmdir("crt_dir") == 0);
    CHECK(_fullpath(path, "x.txt", sizeof path) != NULL && path[1] == ':');
}

static void temporary(void)
{
    FILE *stream = tmpfile();
    char line[8];

    CHECK(stream != NULL);
    if (!stream)
        return;
    fputs("tmp", stream);
    rewind(stream);
    CHECK(fgets(line, sizeof line, stream) && strcmp(line, "tmp") == 0);
    CHECK(fclose(stream) == 0);
}

static void wide_text(void)
{
    wchar_t line[32];
    char bytes[64];
    FILE *stream = _wfopen(L"crt_test.tmp", L"w");

    CHECK(fwprintf(stream, L"wide %d\n", 5) == 7);
    CHECK(fputws(L"next", stream) >= 0 && fputwc(L'!', stream) == L'!');
    fclose(stream);
    CHECK(read_raw(bytes, 64) == 13 && memcmp(bytes, "wide 5\r\nnext!", 13) == 0);
    stream = _wfopen(L"crt_test.tmp", L"r");
    CHECK(fgetws(line, 32, stream) && wcscmp(line, L"wide 5\n") == 0);
    CHECK(fgetwc(stream) == L'n' && ungetwc(L'N', stream) == L'N' && fgetwc(stream) == L'N');
    fclose(stream);
    stream = fopen(name, "wb");
    fputwc(0x1234, stream);
    fclose(stream);
    CHECK(read_raw(bytes, 64) == 2 && bytes[0] == 0x34 && bytes[1] == 0x12);
    CHECK(remove(name) == 0);
}

int main(void)
{
    translation();
    positions();
    large_buffers();
    errors();
    descriptors();
    directories();
    temporary();
    wide_text();
    return check_summary();
}
