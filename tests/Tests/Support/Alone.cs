namespace Octavo.Tests.Support;

/// <summary>Tests that look at what the whole process does, its memory: nothing else runs beside them.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class Alone;
