Console.WriteLine("octavo");
