/*
 * Catalogue files: PKCS #7 SignedData around a certificate trust list, whose members are hashes of
 * files. Of a member this reads
 *
 *   SpcIndirectData   which hash of the file, and whether it is that of an image or of all bytes
 *   CatNameValue      "File": its name
 *
 * The signature is not looked at: anybody can have made the file. See pnputil.h.
 */
#include "pnputil.h"

#include "der.h"
#include "hash.h"

struct member {
    struct der digest; /* in catalogue.bytes */
    struct der name;   /* UTF-16 with its zero; empty = not told */
};

struct catalogue {
    BYTE *bytes;
    struct member *members;
    size_t count;
};

/* Object identifiers, encoded. */
#define OBJECT(...) {(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})}
static const struct object {
    const uint8_t *bytes;
    size_t size;
} signed_data =
    OBJECT(0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02), /* 1.2.840.113549.1.7.2 */
    trust_list =
        OBJECT(0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0A, 0x01), /* 1.3.6.1.4.1.311.10.1 */
    indirect_data = OBJECT(0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04), /* …2.1.4 */
    name_value = OBJECT(0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0C, 0x02, 0x01); /* …12.2.1 */

static bool is_object(struct der *in, const struct object *object)
{
    struct der content;

    return der_next(in, DER_OBJECT, &content) && der_is(&content, object->bytes, object->size);
}

/* SEQUENCE { SEQUENCE { type, value }, SEQUENCE { SEQUENCE { algorithm }, OCTETS digest } } */
static bool read_digest(struct der value, struct member *member)
{
    struct der data, type, info, algorithm, digest;

    if (!der_next(&value, DER_SEQUENCE, &data) || !der_next(&data, DER_SEQUENCE, &type) ||
        !der_next(&data, DER_SEQUENCE, &info) || !der_next(&info, DER_SEQUENCE, &algorithm) ||
        !der_next(&info, DER_OCTETS, &digest))
        return false;
    member->digest = digest;
    return der_size(&digest) == SHA1_BYTES || der_size(&digest) == SHA256_BYTES;
}

/* SEQUENCE { BMPString "File", INTEGER flags, OCTETS value }; other names are passed over. */
static bool read_name(struct der value, struct member *member)
{
    static const uint8_t file[] = {0, 'F', 0, 'i', 0, 'l', 0, 'e'};
    struct der pair, tag, flags, name;

    if (!der_next(&value, DER_SEQUENCE, &pair) || !der_next(&pair, DER_BMP_STRING, &tag) ||
        !der_next(&pair, DER_INTEGER, &flags) || !der_next(&pair, DER_OCTETS, &name))
        return false;
    if (der_is(&tag, file, sizeof(file)))
        member->name = name;
    return true;
}

/* SEQUENCE { OCTETS tag, SET { SEQUENCE { type, SET { value } } … } } */
static bool read_member(struct der content, struct member *member)
{
    struct der tag, attributes, attribute;

    *member = (struct member){0};
    if (!der_next(&content, DER_OCTETS, &tag) || !der_next(&content, DER_SET, &attributes))
        return false;
    while (der_next(&attributes, DER_SEQUENCE, &attribute)) {
        struct der type, values;

        if (!der_next(&attribute, DER_OBJECT, &type) || !der_next(&attribute, DER_SET, &values))
            return false;
        if (der_is(&type, indirect_data.bytes, indirect_data.size)
                ? !read_digest(values, member)
                : der_is(&type, name_value.bytes, name_value.size) && !read_name(values, member))
            return false;
    }
    return member->digest.at && der_size(&attributes) == 0;
}

/*
 * SEQUENCE { usage, list OCTETS, time, SEQUENCE { algorithm }, SEQUENCE { members } … }: the
 * members are the last SEQUENCE of the list.
 */
static bool find_members(struct der list, struct der *members)
{
    struct der fields, content;
    uint8_t tag;
    int sequences = 0;

    if (!der_next(&list, DER_SEQUENCE, &fields))
        return false;
    while (der_any(&fields, &tag, &content))
        if (tag == DER_SEQUENCE) {
            *members = content;
            sequences++;
        }
    return sequences == 3 && der_size(&fields) == 0; /* usage, algorithm, members */
}

/* ContentInfo { signedData, [0] SignedData { version, algorithms, ContentInfo { list, [0] … } } }
 */
static bool find_list(struct der file, struct der *list)
{
    struct der info, wrapped, data, skipped, inner;

    return der_next(&file, DER_SEQUENCE, &info) && is_object(&info, &signed_data) &&
           der_next(&info, DER_CONTEXT_0, &wrapped) && der_next(&wrapped, DER_SEQUENCE, &data) &&
           der_next(&data, DER_INTEGER, &skipped) && der_next(&data, DER_SET, &skipped) &&
           der_next(&data, DER_SEQUENCE, &inner) && is_object(&inner, &trust_list) &&
           der_next(&inner, DER_CONTEXT_0, list);
}

static const WCHAR *read_members(struct catalogue *catalogue, struct der members)
{
    struct der count = members, content;
    size_t total = 0;

    while (der_next(&count, DER_SEQUENCE, &content))
        total++;
    catalogue->members = pnp_allocate(total * sizeof(struct member));
    while (der_next(&members, DER_SEQUENCE, &content))
        if (!read_member(content, &catalogue->members[catalogue->count++]))
            return L"a member of the catalogue is not right";
    return der_size(&members) == 0 ? NULL : L"the members of the catalogue are not right";
}

struct catalogue *catalogue_open(const WCHAR *path, const WCHAR **problem)
{
    struct catalogue *catalogue = pnp_allocate(sizeof(*catalogue));
    struct der file, list, members;
    size_t size = 0;

    *problem = NULL;
    catalogue->bytes = read_file(path, &size);
    file = (struct der){catalogue->bytes, catalogue->bytes + size};
    if (!catalogue->bytes)
        *problem = pnp_error_text(GetLastError());
    else if (!find_list(file, &list))
        *problem = L"the file is no catalogue: it is not PKCS #7 SignedData with a trust list";
    else if (!find_members(list, &members))
        *problem = L"the trust list of the catalogue is not right";
    else
        *problem = read_members(catalogue, members);
    if (!*problem)
        return catalogue;
    catalogue_close(catalogue);
    return NULL;
}

void catalogue_close(struct catalogue *catalogue)
{
    free(catalogue->members);
    free(catalogue->bytes);
    free(catalogue);
}

/* ---- a file ---- */

struct digests {
    uint8_t digest[2][2][SHA256_BYTES]; /* [of the image][SHA-256] */
    bool is_image;
};

static void calculate(struct digests *digests, const BYTE *bytes, size_t size)
{
    struct hash hash;

    for (int sha256 = 0; sha256 < 2; sha256++) {
        hash_start(&hash, sha256);
        hash_add(&hash, bytes, size);
        hash_finish(&hash, digests->digest[0][sha256]);
        hash_start(&hash, sha256);
        digests->is_image = hash_add_image(&hash, bytes, size);
        hash_finish(&hash, digests->digest[1][sha256]);
    }
}

static bool has_digest(const struct member *member, const struct digests *digests)
{
    size_t size = der_size(&member->digest);

    for (int image = 0; image <= digests->is_image; image++)
        if (memcmp(member->digest.at, digests->digest[image][size == SHA256_BYTES], size) == 0)
            return true;
    return false;
}

static bool has_name(const struct member *member, const WCHAR *name)
{
    size_t length = wcslen(name);
    WCHAR text[MAX_PATH];

    if (der_size(&member->name) != (length + 1) * sizeof(WCHAR) || length >= MAX_PATH)
        return false;
    memcpy(text, member->name.at, der_size(&member->name));
    return text[length] == 0 && _wcsicmp(text, name) == 0;
}

enum catalogue_answer catalogue_check(const struct catalogue *catalogue, const WCHAR *name,
                                      const BYTE *bytes, size_t size)
{
    enum catalogue_answer answer = CATALOGUE_ABSENT;
    struct digests digests;

    calculate(&digests, bytes, size);
    for (size_t i = 0; i < catalogue->count; i++) {
        if (has_digest(&catalogue->members[i], &digests))
            return CATALOGUE_MATCHES;
        if (has_name(&catalogue->members[i], name))
            answer = CATALOGUE_DIFFERS;
    }
    return answer;
}
