/* Pipes: anonymous ones, also to a child; named ones, byte by byte and by message, overlapped. */
#include "async_client.h"

#define NAME "\\\\.\\pipe\\async_test"

static char data[256];
static DWORD size;

static BOOL put(HANDLE pipe, const char *text)
{
    return WriteFile(pipe, text, (DWORD)strlen(text), &size, NULL) && size == strlen(text);
}

static BOOL get(HANDLE pipe, DWORD length)
{
    memset(data, 0, sizeof(data));
    return ReadFile(pipe, data, length, &size, NULL);
}

/* ---- anonymous pipes ----------------------------------------------------------------------- */

static DWORD WINAPI put_much(LPVOID pipe)
{
    static const char much[10000] = "much";
    DWORD written = 0;

    WriteFile(pipe, much, sizeof(much), &written, NULL);
    return written;
}

static void test_anonymous(void)
{
    HANDLE reader, writer, thread;
    DWORD code, available;

    ROW("CreatePipe", CreatePipe(&reader, &writer, NULL, 0));
    ROW("both are pipes",
        GetFileType(reader) == FILE_TYPE_PIPE && GetFileType(writer) == FILE_TYPE_PIPE);
    ROW("a write", put(writer, "hello ") && put(writer, "world"));
    ROW("PeekNamedPipe", PeekNamedPipe(reader, data, 5, &size, &available, NULL) && size == 5 &&
                             memcmp(data, "hello", 5) == 0 && available == 11);
    ROW("reads get what there is", get(reader, 3) && size == 3 && strcmp(data, "hel") == 0 &&
                                       get(reader, 100) && strcmp(data, "lo world") == 0);
    ROW_ERROR("the writer cannot read", get(writer, 1), ERROR_ACCESS_DENIED);
    thread = CreateThread(NULL, 0, put_much, writer, 0, NULL);
    ROW("a write that does not fit waits", WaitForSingleObject(thread, 10) == WAIT_TIMEOUT);
    ROW("until enough was read",
        get(reader, 200) && size == 200 && WaitForSingleObject(thread, 10) == WAIT_TIMEOUT);
    for (int i = 0; i < 29; i++)
        get(reader, 200);
    WaitForSingleObject(thread, INFINITE);
    ROW("its size is what was written", GetExitCodeThread(thread, &code) && code == 10000);
    CloseHandle(thread);
    CloseHandle(writer);
    for (code = 0; get(reader, 200); code += size)
        ;
    ROW("what was written can be read after the writer is gone", code == 4000);
    ROW("then the pipe is broken", GetLastError() == ERROR_BROKEN_PIPE);
    CloseHandle(reader);
    CreatePipe(&reader, &writer, NULL, 100);
    CloseHandle(reader);
    ROW_ERROR("nobody reads any more", put(writer, "lost"), ERROR_NO_DATA);
    CloseHandle(writer);
}

static void test_child(void)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, TRUE};
    STARTUPINFOA startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION child;
    HANDLE in_reader, in_writer, out_reader, out_writer;
    char program[MAX_PATH], line[] = "async_pipe.exe child";

    CreatePipe(&in_reader, &in_writer, &security, 0);
    CreatePipe(&out_reader, &out_writer, &security, 0);
    SetHandleInformation(in_writer, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(out_reader, HANDLE_FLAG_INHERIT, 0);
    startup.hStdInput = in_reader;
    startup.hStdOutput = startup.hStdError = out_writer;
    GetModuleFileNameA(NULL, program, sizeof(program));
    ROW("a child between two pipes",
        CreateProcessA(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &child));
    CloseHandle(in_reader);
    CloseHandle(out_writer);
    put(in_writer, "one\ntwo\n");
    ROW("answers what it was told",
        get(out_reader, sizeof(data)) && strncmp(data, "<one>", 5) == 0);
    CloseHandle(in_writer);
    ROW("ends when its input does", WaitForSingleObject(child.hProcess, 10000) == WAIT_OBJECT_0);
    while (get(out_reader, sizeof(data)))
        ;
    ROW("and breaks its output", GetLastError() == ERROR_BROKEN_PIPE);
    CloseHandle(out_reader);
    CloseHandle(child.hThread);
    CloseHandle(child.hProcess);
}

static int child(void)
{
    char line[100];

    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\r\n")] = 0;
        printf("<%s>", line);
        fflush(stdout);
    }
    return 0;
}

/* ---- named pipes --------------------------------------------------------------------------- */

static HANDLE make(DWORD open_mode, DWORD pipe_mode, DWORD instances)
{
    HANDLE pipe = CreateNamedPipeA(NAME, open_mode, pipe_mode, instances, 100, 100, 0, NULL);

    return pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
}

static HANDLE join(DWORD access, DWORD flags)
{
    HANDLE pipe = CreateFileA(NAME, access, 0, NULL, OPEN_EXISTING, flags, NULL);

    return pipe == INVALID_HANDLE_VALUE ? NULL : pipe;
}

static DWORD WINAPI join_later(LPVOID context)
{
    (void)context;
    Sleep(5);
    return join(GENERIC_READ | GENERIC_WRITE, 0) != NULL;
}

static void test_connection(void)
{
    HANDLE server, client, thread;
    DWORD flags, in, out, maximum, instances;

    ROW_ERROR("a pipe that is not there", join(GENERIC_READ, 0), ERROR_FILE_NOT_FOUND);
    ROW_ERROR("nor can be waited for", WaitNamedPipeA(NAME, 1), ERROR_FILE_NOT_FOUND);
    server = make(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1);
    ROW("CreateNamedPipe", server != NULL);
    ROW("its facts", GetNamedPipeInfo(server, &flags, &out, &in, &maximum) &&
                         flags == PIPE_SERVER_END && out == 100 && in == 100 && maximum == 1);
    ROW_ERROR("no second instance", make(PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE, 1), ERROR_PIPE_BUSY);
    ROW("it can be waited for", WaitNamedPipeA(NAME, 1));
    client = join(GENERIC_READ | GENERIC_WRITE, 0);
    ROW("a client opens it", client != NULL);
    ROW_ERROR("ConnectNamedPipe comes too late", ConnectNamedPipe(server, NULL),
              ERROR_PIPE_CONNECTED);
    ROW_ERROR("no second client", join(GENERIC_READ, 0), ERROR_PIPE_BUSY);
    ROW_ERROR("waiting for it takes too long", WaitNamedPipeA(NAME, 5), ERROR_SEM_TIMEOUT);
    ROW("both ways", put(client, "ask") && get(server, 100) && strcmp(data, "ask") == 0 &&
                         put(server, "answer") && get(client, 100) && strcmp(data, "answer") == 0);
    put(server, "lost");
    ROW("DisconnectNamedPipe", DisconnectNamedPipe(server));
    ROW_ERROR("the client has lost it", get(client, 100), ERROR_PIPE_NOT_CONNECTED);
    ROW_ERROR("and the server the client", put(server, "x"), ERROR_PIPE_NOT_CONNECTED);
    ROW_ERROR("nobody listens", join(GENERIC_READ, 0), ERROR_PIPE_BUSY);
    thread = CreateThread(NULL, 0, join_later, NULL, 0, NULL);
    ROW("ConnectNamedPipe waits for the next client", ConnectNamedPipe(server, NULL));
    CloseHandle(client);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    ROW("the number of instances",
        GetNamedPipeHandleStateA(server, NULL, &instances, NULL, NULL, NULL, 0) && instances == 1);
    CloseHandle(server);
    server = make(PIPE_ACCESS_INBOUND, PIPE_TYPE_BYTE, 2);
    ROW_ERROR("an inbound pipe is not read by clients", join(GENERIC_READ, 0), ERROR_ACCESS_DENIED);
    client = join(GENERIC_WRITE, 0);
    ROW("but written", put(client, "in") && get(server, 10) && strcmp(data, "in") == 0);
    ROW_ERROR("the first instance was made before",
              make(PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE, PIPE_TYPE_BYTE, 2),
              ERROR_ACCESS_DENIED);
    CloseHandle(client);
    ROW_ERROR("a client that is gone breaks the pipe", get(server, 10), ERROR_BROKEN_PIPE);
    CloseHandle(server);
}

static void test_messages(void)
{
    HANDLE server = make(PIPE_ACCESS_DUPLEX, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, 1);
    HANDLE client = join(GENERIC_READ | GENERIC_WRITE, 0);
    DWORD mode = PIPE_READMODE_MESSAGE | PIPE_NOWAIT, available, left;

    put(client, "first message");
    put(client, "second");
    ROW("a message that is cut", !get(server, 5) && GetLastError() == ERROR_MORE_DATA &&
                                     size == 5 && strcmp(data, "first") == 0);
    ROW("PeekNamedPipe knows how much is left",
        PeekNamedPipe(server, data, 3, &size, &available, &left) && size == 3 && available == 14 &&
            left == 5);
    ROW("the rest of it", get(server, 100) && strcmp(data, " message") == 0);
    ROW("the next message", get(server, 100) && strcmp(data, "second") == 0);
    put(server, "a");
    put(server, "b");
    ROW("a client reads bytes at first", get(client, 100) && strcmp(data, "ab") == 0);
    ROW("SetNamedPipeHandleState", SetNamedPipeHandleState(client, &mode, NULL, NULL));
    ROW_ERROR("a read that does not wait", get(client, 10), ERROR_NO_DATA);
    put(server, "c");
    put(server, "d");
    ROW("and now reads messages", get(client, 100) && strcmp(data, "c") == 0);
    put(client, "");
    ROW("an empty message", get(server, 100) && size == 0);
    CloseHandle(client);
    CloseHandle(server);
}

static void test_overlapped(void)
{
    HANDLE server = make(PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED, PIPE_TYPE_BYTE, 1);
    HANDLE client = NULL, event = CreateEventA(NULL, TRUE, FALSE, NULL);
    OVERLAPPED overlapped = {.hEvent = event}, other = {0};
    static char large[150];

    ROW_ERROR("ConnectNamedPipe pends", ConnectNamedPipe(server, &overlapped), ERROR_IO_PENDING);
    ROW("it can be cancelled", CancelIoEx(server, &overlapped) &&
                                   !GetOverlappedResult(server, &overlapped, &size, TRUE) &&
                                   GetLastError() == ERROR_OPERATION_ABORTED);
    ConnectNamedPipe(server, &overlapped);
    client = join(GENERIC_READ | GENERIC_WRITE, 0);
    ROW("a client ends it", WaitForSingleObject(event, 0) == WAIT_OBJECT_0 &&
                                GetOverlappedResult(server, &overlapped, &size, FALSE));
    ROW_ERROR("a read pends", ReadFile(server, data, 10, NULL, &overlapped), ERROR_IO_PENDING);
    put(client, "now");
    ROW("a write ends it", GetOverlappedResult(server, &overlapped, &size, FALSE) && size == 3);
    ROW("a write that fits does not pend", WriteFile(server, large, 60, &size, &overlapped));
    ROW_ERROR("the next one does", WriteFile(server, large, 60, NULL, &overlapped),
              ERROR_IO_PENDING);
    ROW("cancelled, it leaves nothing",
        CancelIoEx(server, &overlapped) && !GetOverlappedResult(server, &overlapped, &size, TRUE) &&
            PeekNamedPipe(client, NULL, 0, NULL, &size, NULL) && size == 60);
    WriteFile(server, large, 60, NULL, &overlapped);
    get(client, 30);
    ROW("it ends when it fits",
        GetOverlappedResult(server, &overlapped, &size, TRUE) && size == 60);
    get(client, 200);
    ReadFile(server, data, 10, NULL, &overlapped);
    CloseHandle(client);
    ROW_ERROR("a client that goes ends a read",
              GetOverlappedResult(server, &overlapped, &size, TRUE), ERROR_BROKEN_PIPE);
    ROW_ERROR("the pipe is closing", ConnectNamedPipe(server, &other), ERROR_NO_DATA);
    CloseHandle(server);
    CloseHandle(event);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return child();
    test_anonymous();
    test_child();
    test_connection();
    test_messages();
    test_overlapped();
    return checks_end();
}
