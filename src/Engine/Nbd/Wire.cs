namespace Octavo.Engine.Nbd;

/// <summary>
/// The numbers of the protocol, all big-endian on the wire, from the NBD project's own description (doc/proto.md of NetworkBlockDevice/nbd).
/// </summary>
static class Wire
{
    /// <summary>The port that IANA gave the protocol.</summary>
    public const int Port = 10809;

    public const ulong Greeting = 0x4e42444d41474943; // NBDMAGIC
    public const ulong OptionMagic = 0x49484156454F5054; // IHAVEOPT
    public const ulong OptionReplyMagic = 0x3e889045565a9;
    public const uint RequestMagic = 0x25609513;
    public const uint SimpleReplyMagic = 0x67446698;
    public const uint StructuredReplyMagic = 0x668e33ef;

    public const int OptionBytes = 16;
    public const int OptionReplyBytes = 20;
    public const int RequestBytes = 28;
    public const int SimpleReplyBytes = 16;
    public const int ChunkBytes = 20;
    public const int ContentOffsetBytes = 8;

    /// <summary>Both sides' flags of the greeting have these two.</summary>
    public const ushort FixedNewstyle = 1;
    public const ushort NoZeroes = 2;

    /// <summary>The longest name or query.</summary>
    public const int MaxText = 4096;

    /// <summary>The largest read or write: what common clients send at most, and what the protocol takes for granted where nothing is told.</summary>
    public const int MaxPayload = 32 << 20;

    /// <summary>The size that suits a page cache.</summary>
    public const int PreferredBlock = 4096;

    /// <summary>The metadata context that tells holes from data, and its number in replies.</summary>
    public const string Allocation = "base:allocation";
    public const uint AllocationId = 1;

    /// <summary>The flags of an extent that is a hole and reads as zeros.</summary>
    public const uint HoleAndZero = 3;

    /// <summary>Set in the last chunk of a structured reply.</summary>
    public const ushort Done = 1;
}

enum Option : uint
{
    ExportName = 1,
    Abort = 2,
    List = 3,
    StartTls = 5,
    Info = 6,
    Go = 7,
    StructuredReply = 8,
    ListMetaContext = 9,
    SetMetaContext = 10,
}

enum OptionReply : uint
{
    Ack = 1,
    Info = 3,
    MetaContext = 4,
    Unsupported = 0x8000_0001,
    Policy = 0x8000_0002,
    Invalid = 0x8000_0003,
    TlsRequired = 0x8000_0005,
    Unknown = 0x8000_0006,
    TooBig = 0x8000_0009,
}

enum InfoType : ushort
{
    Export = 0,
    Name = 1,
    BlockSize = 3,
}

[Flags]
enum ExportFlags : ushort
{
    HasFlags = 1 << 0,
    ReadOnly = 1 << 1,
    SendFlush = 1 << 2,
    SendFua = 1 << 3,
    SendTrim = 1 << 5,
    SendWriteZeroes = 1 << 6,
    SendDf = 1 << 7,
    CanMultiConn = 1 << 8,
    SendCache = 1 << 10,
    SendFastZero = 1 << 11,
}

enum Command : ushort
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    Trim = 4,
    Cache = 5,
    WriteZeroes = 6,
    BlockStatus = 7,
}

[Flags]
enum CommandFlags : ushort
{
    None = 0,
    Fua = 1 << 0,
    NoHole = 1 << 1,
    DoNotFragment = 1 << 2,
    OneExtent = 1 << 3,
    FastZero = 1 << 4,
}

enum Chunk : ushort
{
    None = 0,
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    Error = 0x8001,
}

/// <summary>The protocol's own error numbers; they look like Linux's.</summary>
enum Errno : uint
{
    None = 0,
    NotPermitted = 1,
    Io = 5,
    Invalid = 22,
    NoSpace = 28,
    Overflow = 75,
    NotSupported = 95,
    Shutdown = 108,
}

/// <summary>A request without its payload.</summary>
readonly record struct Request(Command Command, CommandFlags Flags, ulong Handle, ulong Offset, uint Length);
