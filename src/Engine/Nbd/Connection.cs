using System.Net.Sockets;
using System.Security.Authentication;

namespace Octavo.Engine.Nbd;

/// <summary>One client's connection, on a thread of its own from the greeting to the end.</summary>
sealed class Connection(Socket socket, INbdExports exports, NbdOptions options, Action<string> warn, CancellationToken stopping)
{
    /// <summary>Called when the client has an export.</summary>
    public required Action Entered { get; init; }

    /// <summary>Serves it to its end.</summary>
    public void Run()
    {
        try
        {
            using var link = new Link(socket);
            Serve(link);
        }
        catch (Exception e) when (e is IOException or AuthenticationException or OperationCanceledException)
        {
            // The client went, was cut off, or came with TLS that does not fit. Nobody is left to be told.
        }
        catch (EngineException e)
        {
            warn($"An export could not be opened for a client of NBD: {e.Message}");
        }
        catch (Exception e)
        {
            warn($"A connection over NBD failed in a way that nobody thought of: {e}");
        }
    }

    void Serve(Link link)
    {
        if (Agree(link) is not { } agreement) return;
        Entered();
        using var patience = new CancellationTokenSource(Timeout.InfiniteTimeSpan, options.Time);
        using var cut = patience.Token.Register(link.Abort);
        // Let go before the client sees the end: he may count on it then.
        using (agreement.Export) Transmit(link, agreement, patience);
        link.EndSending();
    }

    void Transmit(Link link, Agreement agreement, CancellationTokenSource patience)
    {
        using var transmission = new Transmission(link, agreement, warn);
        void Drain()
        {
            transmission.Drain();
            patience.CancelAfter(options.DrainTime);
        }
        using var detached = agreement.Export.Draining.Register(Drain);
        using var stopped = stopping.Register(Drain);
        try
        {
            transmission.Run();
        }
        finally
        {
            // Who does not take the answers that are still to come holds his export no longer than this.
            patience.CancelAfter(options.DrainTime);
            transmission.End();
        }
    }

    /// <summary>The handshake, in the time that it has.</summary>
    Agreement? Agree(Link link)
    {
        using var late = new CancellationTokenSource(options.HandshakeTime, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stopping);
        using var cut = either.Token.Register(link.Abort);
        var isTlsRequired = options.RequireTls && socket.AddressFamily != AddressFamily.Unix;
        using var handshake = new Handshake(link, exports, options.Certificate, isTlsRequired, either.Token);
        return handshake.Run();
    }
}
