namespace Octavo.Engine;

/// <summary>Turns failures of the disk into the engine's, once, where they leave it.</summary>
static class Failures
{
    // Linux error numbers, which the base library gives as HResult.
    const int NoSpace = 28;
    const int TooLarge = 27;
    const int QuotaExceeded = 122;

    /// <summary>Runs it.</summary>
    public static T Translate<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (IOException e)
        {
            throw From(e);
        }
    }

    /// <summary>Runs it.</summary>
    public static async Task<T> TranslateAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (IOException e)
        {
            throw From(e);
        }
    }

    /// <summary>What a failure of the disk means to the user.</summary>
    public static EngineException From(IOException e) => e.HResult switch
    {
        NoSpace or QuotaExceeded => new EngineException(EngineError.NoSpace, "The pool's disk is full.", e),
        TooLarge => new EngineException(EngineError.NoSpace, "The pool's file system does not take files of that size.", e),
        _ => new EngineException(EngineError.Io, "The pool's disk failed; the log tells how.", e),
    };

    /// <summary>What a failed call on a device means to whoever is attached; null where it was no failure of the disk. A volume is closed under its handles only with the pool.</summary>
    public static EngineException? OfDevice(Exception e) => e switch
    {
        IOException io => From(io),
        ObjectDisposedException => new EngineException(EngineError.Locked, "The pool is closed.", e),
        _ => null,
    };

    /// <summary>The sentence for a snapshot or volume that failed in the background.</summary>
    public static string Sentence(Exception e) => e switch
    {
        EngineException engine => engine.Message,
        IOException io => From(io).Message,
        _ => "The engine failed; the log tells how.",
    };
}
