namespace Octavo.Tests.Support;

/// <summary>Compares disk images: the general comparison walks millions of bytes one by one.</summary>
static class ByteAssertions
{
    /// <summary>Fails with the first position at which the two differ.</summary>
    public static void ShouldBeBytes(this byte[] actual, ReadOnlySpan<byte> expected)
    {
        actual.Length.ShouldBe(expected.Length, "length of the image");
        var same = actual.AsSpan().CommonPrefixLength(expected);
        if (same < expected.Length)
            throw new ShouldAssertException($"The images differ from byte {same} on: {actual[same]:x2} is there, {expected[same]:x2} is right.");
    }
}
